use proptest::prelude::*;

use super::*;

const AES67: &str = "v=0\r\n\
    o=- 1311738121 1311738121 IN IP4 192.168.1.1\r\n\
    s=Stage left\r\n\
    c=IN IP4 239.0.0.1/32\r\n\
    t=0 0\r\n\
    a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:37\r\n\
    m=audio 5004 RTP/AVP 96 97\r\n\
    a=rtpmap:96 L24/48000/2\r\n\
    a=rtpmap:98 L16/44100\r\n\
    a=ptime:0.125\r\n\
    a=mediaclk:direct=963214424\r\n\
    m=video 6000/2 RTP/AVP 112\r\n\
    c=IN IP4 239.0.0.8/4/3\r\n\
    a=rtpmap:112 raw/90000\r\n\
    a=mediaclk:direct=0 rate=1000/1001\r\n\
    a=source-filter: incl IN IP4 239.0.0.8 10.0.0.1 10.0.0.2\r\n";

#[test]
fn a_description_of_audio_and_video_is_read() {
    let session = read(AES67.as_bytes()).unwrap();
    assert_eq!(session.name.as_deref(), Some("Stage left"));
    assert_eq!(session.origin.as_deref(), Some("- 1311738121 192.168.1.1"));
    let [audio, video] = &session.media[..] else { panic!("two media: {session:?}") };
    assert_eq!((audio.kind.as_str(), audio.port), ("audio", 5004));
    let format = Format {
        payload_type: 96,
        encoding: Some("L24".to_owned()),
        clock_hz: Some(48_000),
        channels: Some(2),
    };
    assert_eq!(audio.format(96), Some(&format));
    assert_eq!(audio.format(97).map(|format| format.clock_hz), Some(None));
    assert_eq!(audio.format(98), None, "only the types of the medium count");
    assert_eq!(audio.packet_time_ns, Some(125_000));
    assert_eq!(audio.media_clock_offset, Some(963_214_424));
    assert_eq!(video.media_clock_offset, Some(0));
    assert_eq!(video.format(112).and_then(|format| format.clock_hz), Some(90_000));
    assert!(session.media.iter().all(|media| media.reference == Some(ReferenceClock::Ptp)));
    assert!(audio.sources.is_empty());
    assert_eq!(video.sources, [IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2])]);
}

#[test]
fn a_connection_of_the_session_applies_to_its_media() {
    let session = read(AES67.as_bytes()).unwrap();
    let [audio, video] = &session.media[..] else { panic!("two media: {session:?}") };
    let connection = |address: [u8; 4], ttl, count| Connection {
        address: address.into(),
        ttl: Some(ttl),
        count,
    };
    assert_eq!(audio.connections, [connection([239, 0, 0, 1], 32, 1)]);
    assert_eq!(video.connections, [connection([239, 0, 0, 8], 4, 3)]);
    assert!(audio.is_sent_to([239, 0, 0, 1].into(), 5004));
    assert!(!audio.is_sent_to([239, 0, 0, 1].into(), 5005));
    let holds = |last| video.is_sent_to([239, 0, 0, last].into(), 6000);
    assert_eq!([7, 8, 10, 11].map(holds), [false, true, true, false]);
}

#[test]
fn ipv6_has_a_count_and_no_ttl() {
    let expected = Connection { address: "ff15::1".parse().unwrap(), ttl: None, count: 3 };
    assert_eq!(connection("IN IP6 ff15::1/3"), Some(expected));
    assert!(expected.holds("ff15::3".parse().unwrap()));
    assert!(!expected.holds("ff15::4".parse().unwrap()));
    assert!(!expected.holds([239, 0, 0, 1].into()));
    assert_eq!(
        connection("IN IP4 239.0.0.1"),
        Some(Connection { address: [239, 0, 0, 1].into(), ttl: None, count: 1 })
    );
    assert_eq!(connection("IN IP4 host.example"), None);
}

#[test]
fn a_blank_name_is_none() {
    let named = |name: &str| read(format!("v=0\ns={name}\n").as_bytes()).unwrap().name;
    assert_eq!([named("-"), named(" "), named("")], [None, None, None]);
    assert_eq!(named("a=b"), Some("a=b".to_owned()));
    assert_eq!(named(&"é".repeat(100)).map(|name| name.len()), Some(LONGEST));
}

#[test]
fn only_sdp_is_read() {
    assert_eq!(read(b""), None);
    assert_eq!(read(b"v=1\n"), None);
    assert_eq!(read(b"s=a\nv=0\n"), None);
    assert_eq!(read(b"v=0"), Some(Session::default()));
}

#[test]
fn wrong_lines_are_skipped() {
    let session = read(
        b"v=0\nm=audio x RTP/AVP 96\na=rtpmap:96 L24/48000\nm=audio 5004 RTP/AVP 96\n\
          a=rtpmap:96 L24/zero\nc=IN IP4\na=ptime:-1\na=mediaclk:sender\na=rtpmap:96\nnonsense\n",
    )
    .unwrap();
    let format = Format { payload_type: 96, encoding: Some("L24".to_owned()), ..Format::default() };
    let media =
        Media { kind: "audio".to_owned(), port: 5004, formats: vec![format], ..Media::default() };
    assert_eq!(session.media, [media]);
}

#[test]
fn packet_times_have_decimals() {
    let times = ["1", " 4 ", "0.12", "1.0000009", "0", "", "1e3", "99999999999999999999"];
    let nanos =
        [Some(1_000_000), Some(4_000_000), Some(120_000), Some(1_000_000), None, None, None, None];
    assert_eq!(times.map(milliseconds), nanos);
}

#[test]
fn the_result_is_bounded() {
    let types: String = (0..128).map(|number| format!(" {number}")).collect();
    let media = format!("m=audio 1 RTP/AVP{types}\n{}", "c=IN IP4 239.0.0.1\n".repeat(100));
    let session = read(format!("v=0\n{}", media.repeat(100)).as_bytes()).unwrap();
    assert_eq!(session.media.len(), MOST_MEDIA);
    assert!(session.media.iter().all(|media| media.formats.len() == MOST_FORMATS));
    assert!(session.media.iter().all(|media| media.connections.len() == MOST_FORMATS));
}

proptest! {
    #[test]
    fn nothing_panics(
        lines in proptest::collection::vec(
            ("[vosctma]", "[ -~é\\r]{0,40}").prop_map(|(kind, value)| format!("{kind}={value}\n")),
            0..40,
        ),
        cut in any::<u8>(),
    ) {
        let mut text = format!("v=0\n{}{AES67}", lines.concat()).into_bytes();
        text.truncate(text.len() - usize::from(cut).min(text.len()));
        prop_assert!(read(&text).is_some_and(|session| session.media.len() <= MOST_MEDIA));
    }

    #[test]
    fn any_attribute_is_read(
        attribute in "(rtpmap:96|ptime:|mediaclk:|ts-refclk:|source-filter:)[ -~]{0,40}",
    ) {
        let text = format!("v=0\na={attribute}\nm=audio 5004 RTP/AVP 96\na={attribute}\n");
        prop_assert_eq!(read(text.as_bytes()).map(|session| session.media.len()), Some(1));
    }
}
