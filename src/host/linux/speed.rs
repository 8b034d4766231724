//! The speed of a link, as its driver reports it.

/// In bits per second; `None` if the driver does not report it.
pub fn link_speed(ifname: &str, index: u32) -> Option<u64> {
    let read = |what| std::fs::read_to_string(format!("/sys/class/net/{ifname}/{what}")).ok();
    // After entering a network namespace, sysfs may still show the interfaces of another one.
    let is_same = read("ifindex")?.trim().parse() == Ok(index);
    parse(&read("speed").filter(|_| is_same)?)
}

/// In Mbit/s (Documentation/ABI/testing/sysfs-class-net); unknown is -1.
fn parse(text: &str) -> Option<u64> {
    let megabits: i64 = text.trim().parse().ok()?;
    u64::try_from(megabits).ok().filter(|megabits| *megabits > 0)?.checked_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_speed_is_none() {
        assert_eq!(
            ["1000\n", "-1\n", "0\n", "fast", ""].map(parse),
            [Some(1_000_000_000), None, None, None, None]
        );
    }
}
