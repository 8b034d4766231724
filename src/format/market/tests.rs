//! Datagrams written by hand after the specifications.

use proptest::prelude::*;

use super::*;
use crate::format::numbered::{Content, Numbering, Unit};
use crate::units::UnixTime;

/// 2026-11-28 16:00:00 UTC in seconds since 1970.
const SECONDS: u32 = 1_795_881_600;
const NANOS: u64 = SECONDS as u64 * 1_000_000_000 + 77;

/// Builds a datagram from its parts.
fn of(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn data(first: u64, count: u64) -> Content {
    Content::Data { first, count }
}

fn mold(session: &[u8; 10], first: u64, count: u16, messages: &[&[u8]]) -> Vec<u8> {
    let mut payload = of(&[session, &first.to_be_bytes(), &count.to_be_bytes()]);
    for message in messages {
        payload.extend((message.len() as u16).to_be_bytes());
        payload.extend(*message);
    }
    payload
}

fn unit(number: u8, first: u32, count: u8, messages: &[&[u8]]) -> Vec<u8> {
    let messages = messages.concat();
    let len = (8 + messages.len()) as u16;
    of(&[&len.to_le_bytes(), &[count, number], &first.to_le_bytes(), &messages])
}

fn xdp(flag: u8, first: u32, count: u8, messages: &[&[u8]]) -> Vec<u8> {
    let messages = messages.concat();
    let len = (16 + messages.len()) as u16;
    let time = of(&[&SECONDS.to_le_bytes(), &77_u32.to_le_bytes()]);
    of(&[&len.to_le_bytes(), &[flag, count], &first.to_le_bytes(), &time, &messages])
}

fn iex(first: u64, count: u16, messages: &[u8]) -> Vec<u8> {
    of(&[
        &[1, 0, 4, 0x80],
        &2_u32.to_le_bytes(),
        &9_u32.to_le_bytes(),
        &(messages.len() as u16).to_le_bytes(),
        &count.to_le_bytes(),
        &0_u64.to_le_bytes(),
        &first.to_le_bytes(),
        &NANOS.to_le_bytes(),
        messages,
    ])
}

/// A block of the SIAC; `session` is OPRA's.
fn siac(kind: &[u8; 2], session: &[u8], first: u32, count: u8, messages: &[u8]) -> Vec<u8> {
    let len = (20 + session.len() + messages.len()) as u16;
    of(&[
        &[6],
        &len.to_be_bytes(),
        kind,
        session,
        &first.to_be_bytes(),
        &[count],
        &SECONDS.to_be_bytes(),
        &77_u32.to_be_bytes(),
        &[0xab, 0xcd],
        messages,
    ])
}

fn sbe_le(template: u16, schema: u16) -> Vec<u8> {
    of(&[&12_u16.to_le_bytes(), &2_u16.to_le_bytes(), &template.to_le_bytes()])
        .into_iter()
        .chain(of(&[&schema.to_le_bytes(), &1_u16.to_le_bytes(), &[0, 0]]))
        .collect()
}

fn mdp3(first: u32, messages: &[u8]) -> Vec<u8> {
    of(&[&first.to_le_bytes(), &NANOS.to_le_bytes(), messages])
}

fn optiq(flags: u16, first: u32, messages: &[u8]) -> Vec<u8> {
    of(&[
        &NANOS.to_le_bytes(),
        &first.to_le_bytes(),
        &flags.to_le_bytes(),
        &21_u16.to_le_bytes(),
        messages,
    ])
}

fn eobi(first: u32, messages: &[u8]) -> Vec<u8> {
    let head = of(&[&32_u16.to_le_bytes(), &13_002_u16.to_le_bytes(), &[0xff; 4]]);
    let place = of(&[&first.to_le_bytes(), &700_i32.to_le_bytes(), &[3, 1, 0, 0, 0, 0, 0, 0]]);
    of(&[&head, &place, &NANOS.to_le_bytes(), messages])
}

fn impact(first: u32, count: u16, messages: &[u8]) -> Vec<u8> {
    let millis = NANOS / 1_000_000;
    of(&[
        &8_u16.to_be_bytes(),
        &first.to_be_bytes(),
        &count.to_be_bytes(),
        &millis.to_be_bytes(),
        messages,
    ])
}

fn umdf(first: u32, template: u16, body: [u8; 4]) -> Vec<u8> {
    let frame = of(&[&16_u16.to_le_bytes(), &0xeb50_u16.to_le_bytes()]);
    let sbe = of(&[&4_u16.to_le_bytes(), &template.to_le_bytes(), &[2, 0, 9, 0]]);
    of(&[&[40, 0, 7, 0], &first.to_le_bytes(), &NANOS.to_le_bytes(), &frame, &sbe, &body])
}

fn omd(first: u32, count: u8, messages: &[u8]) -> Vec<u8> {
    let len = (16 + messages.len()) as u16;
    of(&[&len.to_le_bytes(), &[count, 0], &first.to_le_bytes(), &NANOS.to_le_bytes(), messages])
}

fn memx(kind: u8, first: u64, rest: &[u8]) -> Vec<u8> {
    of(&[&[kind, 18], &5_u64.to_be_bytes(), &first.to_be_bytes(), rest])
}

fn mach(first: u64, kind: u8, data: &[u8]) -> Vec<u8> {
    let len = (12 + data.len()) as u16;
    of(&[&first.to_le_bytes(), &len.to_le_bytes(), &[kind, 2], data])
}

/// The name of a format, a datagram of data, and its numbers, key and session.
type Sample = (&'static str, Vec<u8>, Content, u64, Option<&'static str>);

fn samples() -> Vec<Sample> {
    let le_message: &[u8] = &[6, 0, 100, 0, 9, 9];
    let mold_key = u64::from_be_bytes(*b"DAY1    ").wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2020;
    let twice = of(&[&sbe_le(46, 1), &sbe_le(46, 1)]);
    let machs = of(&[&mach(40, 3, b"ab"), &mach(41, 3, b"")]);
    let eobi_message = of(&[&[16, 0, 0x1c, 0x33], &[0; 12]]);
    vec![
        ("moldudp64", mold(b"DAY1      ", 7, 2, &[b"A", b""]), data(7, 2), mold_key, Some("DAY1")),
        ("mdp3", mdp3(8, &twice), data(8, 1), 0, None),
        ("pitch", unit(3, 9, 2, &[&[3, 0x22, 1], &[2, 0x23]]), data(9, 2), 3, Some("3")),
        ("gtp", unit(65, 9, 2, &[&[4, 0, 65, 1], &[3, 0, 66]]), data(9, 2), 65, Some("65")),
        ("xdp", xdp(11, 10, 2, &[le_message, &[4, 0, 101, 0]]), data(10, 2), 0, None),
        ("iex", iex(11, 2, &[1, 0, b'S', 0, 0]), data(11, 2), 2 << 32 | 9, Some("2/9")),
        ("opra", siac(b"O ", &[4], 12, 2, &[b'a'; 12]), data(12, 2), 4, Some("4")),
        ("cta", siac(b"TO", &[], 13, 1, &[0, 5, b'T', b'L', 0, 0]), data(13, 1), 84, Some("84")),
        ("optiq", optiq(0x16, 14, &optiq_frame()), data(1 << 32 | 14, 1), 3 << 16 | 21, Some("21")),
        ("eobi", eobi(15, &eobi_message), data(15, 1), 700 << 8 | 3, Some("700/3")),
        ("impact", impact(16, 1, &[b'T', 0, 2, 1, 1]), data(16, 1), 8, Some("8")),
        ("umdf", umdf(17, 46, [0; 4]), data(17, 1), 40 << 16 | 7, Some("40/7")),
        ("omd", omd(18, 1, &[6, 0, 30, 0, 9, 9]), data(18, 1), 0, None),
        ("memx", memx(2, 19, &[0, 1, 0, 3, 1, 1, 1]), data(19, 1), 5, Some("5")),
        ("mach", machs, data(40, 2), 2, Some("2")),
    ]
}

fn optiq_frame() -> Vec<u8> {
    of(&[&12_u16.to_le_bytes(), &[2, 0, 0xe9, 3, 0, 0, 1, 0], &[0; 2]])
}

fn read(name: &str, payload: &[u8]) -> Option<Content> {
    by_name(name)?.read(payload).map(|numbered| numbered.content)
}

#[test]
fn each_format_reads_its_datagrams() {
    for (name, payload, content, key, session) in samples() {
        let preset = by_name(name).unwrap();
        let reading = preset.inspect(&payload).unwrap_or_else(|| panic!("{name}"));
        assert_eq!((reading.numbered.content, reading.numbered.key), (content, key), "{name}");
        assert_eq!(preset.session(&payload).map(|name| name.to_string()).as_deref(), session);
        assert!(!reading.heartbeat && reading.messages > 0, "{name}");
    }
    assert_eq!(samples().len(), names().count());
}

#[test]
fn each_format_is_recognised_as_itself() {
    for (name, payload, ..) in samples() {
        assert_eq!(recognise(&payload).map(|preset| preset.name), Some(name));
    }
}

#[test]
fn a_cut_or_longer_datagram_does_not_fit() {
    for (name, payload, ..) in samples() {
        let preset = by_name(name).unwrap();
        // The length of OPRA's messages is unknown, but that of the datagram is stated.
        for len in 0..payload.len() {
            let cut = payload.get(..len).unwrap();
            let fits_by_chance = ["mach", "optiq", "eobi", "mdp3"].contains(&name);
            assert!(preset.read(cut).is_none() || fits_by_chance, "{name}: {len}");
        }
        let longer = of(&[&payload, &[1]]);
        assert_eq!(preset.read(&longer), None, "{name}");
    }
}

#[test]
fn send_times_have_nanoseconds() {
    let sent = |name: &str| {
        let (_, payload, ..) = samples().into_iter().find(|sample| sample.0 == name).unwrap();
        by_name(name).unwrap().read(&payload).unwrap().sent
    };
    let exact = Some(UnixTime::from_nanos(NANOS as i64));
    for name in ["mdp3", "xdp", "iex", "opra", "cta", "optiq", "eobi", "umdf", "omd"] {
        assert_eq!(sent(name), exact, "{name}");
    }
    assert_eq!(sent("impact"), Some(UnixTime::from_nanos(i64::from(SECONDS) * 1_000_000_000)));
    for name in ["moldudp64", "pitch", "gtp", "memx", "mach"] {
        assert_eq!(sent(name), None, "{name}");
    }
}

#[test]
fn heartbeats_have_the_next_number() {
    let next = |next| Some(Content::Heartbeat { next });
    assert_eq!(read("moldudp64", &mold(b"DAY1      ", 9, 0, &[])), next(9));
    assert_eq!(read("pitch", &unit(1, 9, 0, &[])), next(9));
    assert_eq!(read("gtp", &unit(1, 9, 0, &[])), next(9));
    assert_eq!(read("xdp", &xdp(1, 9, 0, &[])), next(9));
    assert_eq!(read("iex", &iex(9, 0, &[])), next(9));
    assert_eq!(read("opra", &siac(b"O ", &[0], 9, 1, b"XHN ")), next(9));
    assert_eq!(read("cta", &siac(b"QO", &[], 9, 1, &[0, 4, b'C', b'T'])), next(9));
    assert_eq!(read("impact", &impact(9, 0, &[])), next(9));
    assert_eq!(read("umdf", &umdf(0, 2, [9, 0, 0, 0])), next(9));
    assert_eq!(read("memx", &memx(0, 9, &[])), next(9));
    assert_eq!(read("mach", &mach(9, 0, &[])), next(9));
}

#[test]
fn numbered_heartbeats_count_as_data() {
    let mdp3 = mdp3(9, &sbe_le(12, 1));
    let eobi = eobi(9, &of(&[&[16, 0], &13_001_u16.to_le_bytes(), &[0xff; 4], &[0; 8]]));
    for (name, payload) in [("mdp3", mdp3), ("eobi", eobi)] {
        let reading = by_name(name).unwrap().inspect(&payload).unwrap();
        assert!(reading.heartbeat && reading.numbered.content == data(9, 1), "{name}");
    }
}

#[test]
fn a_session_ends_with_the_next_number() {
    let end = Some(Content::End { next: Some(9) });
    assert_eq!(read("moldudp64", &mold(b"DAY1      ", 9, 0xffff, &[])), end);
    assert_eq!(read("moldudp64", &mold(b"DAY1      ", 9, 0xffff, &[b"A"])), None);
    assert_eq!(read("memx", &memx(1, 9, &[])), end);
    assert_eq!(read("mach", &mach(9, 2, &[])), Some(Content::End { next: None }));
}

#[test]
fn retransmissions_and_unnumbered_messages_are_aside() {
    let aside = Some(Content::Aside);
    assert_eq!(read("pitch", &unit(1, 0, 1, &[&[2, 0x20]])), aside);
    assert_eq!(read("pitch", &unit(1, 0, 0, &[])), aside);
    let message: &[u8] = &[4, 0, 101, 0];
    for flag in [12, 13, 15, 17, 18, 19, 20, 21] {
        assert_eq!(read("xdp", &xdp(flag, 9, 1, &[message])), aside, "{flag}");
    }
    assert_eq!(read("xdp", &xdp(10, 9, 1, &[message])), Some(data(9, 1)));
    assert_eq!(read("xdp", &xdp(9, 9, 1, &[message])), None);
    assert_eq!(read("opra", &siac(b"OV", &[0], 9, 1, b"Xa  ")), aside);
    assert_eq!(read("cta", &siac(b"TV", &[], 9, 1, &[0, 4, b'T', b'L'])), aside);
    assert_eq!(read("cta", &siac(b"TO", &[], 0, 1, &[0, 4, b'C', b'A'])), aside);
    assert_eq!(read("umdf", &umdf(0, 1, [0; 4])), aside);
    assert_eq!(read("omd", &omd(1, 1, &[4, 0, 100, 0])), aside);
    assert_eq!(read("mach", &mach(9, 1, &[])), aside);
}

#[test]
fn sessions_of_one_feed_have_different_keys() {
    let key = |session| {
        let payload = mold(session, 1, 0, &[]);
        by_name("moldudp64").unwrap().read(&payload).unwrap().key
    };
    let sessions = [b"000010059A", b"000010059B", b"000010060A", b"100010059A", b"0000100590"];
    let keys: std::collections::HashSet<u64> = sessions.into_iter().map(key).collect();
    assert_eq!(keys.len(), sessions.len());
}

#[test]
fn unit_decides_what_a_loss_is_a_loss_of() {
    let numbering = |name: &str| by_name(name).unwrap().numbering();
    assert_eq!(numbering("moldudp64"), Numbering::bits(64, Unit::Messages).from(1));
    assert_eq!(numbering("pitch"), Numbering::bits(32, Unit::Messages).from(1));
    assert_eq!(numbering("mdp3"), Numbering::bits(32, Unit::Datagrams));
    assert_eq!(numbering("optiq"), Numbering::bits(35, Unit::Datagrams));
    assert_eq!(numbering("mach").unit, Unit::Messages);
}

#[test]
fn a_short_heartbeat_is_no_evidence() {
    assert!(recognise(&unit(1, 9, 0, &[])).is_none());
    assert!(recognise(&mold(b"heartbeat1", 0, 0, &[])).is_none());
    assert!(recognise(&memx(0, 9, &[])).is_none());
    assert!(recognise(&mach(9, 0, &[])).is_none());
    assert_eq!(recognise(&xdp(1, 9, 0, &[])).map(|preset| preset.name), Some("xdp"));
}

#[test]
fn descriptions_are_canonical_headers() {
    for preset in presets() {
        let header: crate::format::described::Header = preset.description.parse().unwrap();
        assert_eq!(header.to_string().parse(), Ok(header), "{}", preset.name);
    }
}

/// Payloads of other programs: a probe, RTP with silence and with a counter, TS, text.
fn others() -> Vec<Vec<u8>> {
    let rtp = |payload: &[u8]| of(&[&[0x80, 0x21, 0, 1, 0, 0, 1, 0, 1, 2, 3, 4], payload]);
    let mut ts = vec![0xff; 1316];
    ts.chunks_mut(188).for_each(|packet| packet[..4].copy_from_slice(&[0x47, 0x1f, 0xff, 0x10]));
    let counter: Vec<u8> = (0..=255).collect();
    let texts = [
        "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n",
        "hello",
        "                                        ",
        "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=A\r\n",
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.extend([rtp(&[0; 320]), rtp(&counter), ts.clone(), rtp(&ts), vec![0; 64], vec![0; 20]]);
    all.extend([vec![0xff; 64], counter, Vec::new()]);
    all
}

#[test]
fn other_payloads_are_not_market_data() {
    for payload in others() {
        let found = recognise(&payload).map(|preset| preset.name);
        assert_eq!(found, None, "{payload:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn random_bytes_are_not_market_data(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(recognise(&payload).map(|preset| preset.name), None);
        for preset in presets() {
            let _ = (preset.inspect(&payload), preset.session(&payload));
        }
    }

    #[test]
    fn probes_are_not_market_data(len in 48_u16..1472, sequence: u64, sent: u64, stream: u64) {
        use crate::format::probe::{Probe, ProbeKind, Writer};
        let (kind, ttl, traffic_class) = (ProbeKind::Data, 16, 0);
        let (reply_wanted, report_wanted, synchronised, host) = (false, false, false, 1);
        let probe = Probe {
            kind, reply_wanted, report_wanted, synchronised, stream, sequence, sent, ttl,
            traffic_class, host,
        };
        prop_assert!(recognise(&Writer::new(len).bytes(&probe)).is_none());
    }

    #[test]
    fn a_changed_byte_never_panics(sample in 0_usize..15, at in 0_usize..60, to: u8) {
        let mut samples = samples();
        let (_, payload, ..) = samples.get_mut(sample).unwrap();
        if let Some(byte) = payload.get_mut(at) {
            *byte = to;
        }
        let _ = recognise(payload);
        for preset in presets() {
            let _ = (preset.inspect(payload), preset.session(payload));
        }
    }

    #[test]
    fn a_written_datagram_reads_back(
        first in 1_u64..1 << 47,
        messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9), 1..9),
    ) {
        let count = messages.len() as u16;
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let payload = mold(b"DAY1      ", first, count, &messages);
        prop_assert_eq!(read("moldudp64", &payload), Some(data(first, count.into())));
        prop_assert_eq!(recognise(&payload).map(|preset| preset.name), Some("moldudp64"));
    }
}
