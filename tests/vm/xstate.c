// Lets User Mode Linux start on CPUs with AMX. tests/vm/run preloads it.
//
// Up to Linux 6.12, User Mode Linux copies the registers of its processes through a buffer of fixed
// size, which is shorter than the registers of these CPUs. The host returns the part that fits, but
// accepts only all of them: the first process ends with "ptrace set fp regs failed, errno = 14".
// Newer versions ask the host for the size. This ptrace() adds the missing part when it writes.
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// The stacks of the kernel have 16 KiB. It has one CPU, and calls this from one thread.
static char registers[64 << 10];

static long set_registers(long pid, void *kind, struct iovec *given) {
  struct iovec all = {registers, sizeof registers};
  if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, kind, &all) != 0 || all.iov_len <= given->iov_len)
    return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, kind, given);
  memcpy(registers, given->iov_base, given->iov_len);
  return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, kind, &all);
}

long ptrace(enum __ptrace_request request, ...) {
  va_list arguments;
  va_start(arguments, request);
  long pid = va_arg(arguments, long);
  void *address = va_arg(arguments, void *);
  void *data = va_arg(arguments, void *);
  va_end(arguments);
  if (request == PTRACE_SETREGSET && (long)address == NT_X86_XSTATE)
    return set_registers(pid, address, data);
  if (request != PTRACE_PEEKTEXT && request != PTRACE_PEEKDATA && request != PTRACE_PEEKUSER)
    return syscall(SYS_ptrace, request, pid, address, data);
  // The system call stores the word that the function of the C library returns.
  long word;
  long result = syscall(SYS_ptrace, request, pid, address, &word);
  if (result == 0)
    errno = 0;
  return result == 0 ? word : result;
}
