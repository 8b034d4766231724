//! The registry, read only.

use std::io;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{
    ERROR_FILE_NOT_FOUND, ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, ERROR_SUCCESS,
};
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_LOCAL_MACHINE, KEY_QUERY_VALUE, KEY_WOW64_64KEY, REG_DWORD, REG_EXPAND_SZ, REG_SZ,
    RegCloseKey, RegEnumValueW, RegOpenKeyExW,
};

/// A value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryValue {
    Text(String),
    Number(u32),
    /// A value of another type.
    Other,
}

/// An open key.
struct Key(HKEY);

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the key is open, and nothing uses it afterwards.
        unsafe { RegCloseKey(self.0) };
    }
}

/// The values of a key below HKEY_LOCAL_MACHINE, with their names. `None` if the key is missing.
///
/// # Errors
/// The error of the system.
pub fn registry_values(path: &str) -> io::Result<Option<Vec<(String, RegistryValue)>>> {
    let Some(key) = open(path)? else { return Ok(None) };
    let mut values = Vec::new();
    // The longest name of a value (Registry Element Size Limits), and its zero.
    let mut name = vec![0_u16; 16_384];
    let mut data = vec![0_u8; 4096];
    let mut index = 0;
    loop {
        let (mut name_len, mut kind) = (name.len() as u32, 0);
        let mut len = data.len() as u32;
        // SAFETY: the key is open; the buffers are writable for the lengths that are passed, and
        // outlive the call.
        let result = unsafe {
            RegEnumValueW(
                key.0,
                index,
                name.as_mut_ptr(),
                &mut name_len,
                null_mut(),
                &mut kind,
                data.as_mut_ptr(),
                &mut len,
            )
        };
        match result {
            ERROR_SUCCESS => {
                let name = name.get(..name_len as usize).unwrap_or_default();
                let data = data.get(..len as usize).unwrap_or_default();
                values.push((String::from_utf16_lossy(name), value(kind, data)));
                index += 1;
            }
            ERROR_NO_MORE_ITEMS => return Ok(Some(values)),
            ERROR_MORE_DATA if len as usize > data.len() => data.resize(len as usize, 0),
            error => return Err(io::Error::from_raw_os_error(error as i32)),
        }
    }
}

fn open(path: &str) -> io::Result<Option<Key>> {
    let path: Vec<u16> = path.encode_utf16().chain([0]).collect();
    let mut key: HKEY = null_mut();
    // SAFETY: the path ends with a zero and outlives the call; the key is a local variable.
    let result = unsafe {
        RegOpenKeyExW(
            HKEY_LOCAL_MACHINE,
            path.as_ptr(),
            0,
            KEY_QUERY_VALUE | KEY_WOW64_64KEY,
            &mut key,
        )
    };
    match result {
        ERROR_SUCCESS => Ok(Some(Key(key))),
        ERROR_FILE_NOT_FOUND => Ok(None),
        error => Err(io::Error::from_raw_os_error(error as i32)),
    }
}

fn value(kind: u32, data: &[u8]) -> RegistryValue {
    match kind {
        REG_SZ | REG_EXPAND_SZ => {
            let units: Vec<u16> = data
                .chunks_exact(2)
                .map(|unit| u16::from_ne_bytes([unit[0], unit[1]]))
                .take_while(|unit| *unit != 0)
                .collect();
            RegistryValue::Text(String::from_utf16_lossy(&units))
        }
        REG_DWORD => match data {
            [a, b, c, d] => RegistryValue::Number(u32::from_ne_bytes([*a, *b, *c, *d])),
            _ => RegistryValue::Other,
        },
        _ => RegistryValue::Other,
    }
}
