use super::*;
use crate::iface::Address;
use crate::plan::send::fits;
use crate::target::read_source;

fn no_terminal(_: IpAddr, _: &[&Interface]) -> Answer {
    Answer::NoTerminal
}

fn iface(index: u32, name: &str, address: &str) -> Interface {
    let ip6 = format!("fe80::{index}").parse().unwrap();
    let addresses = vec![
        Address { ip: address.parse().unwrap(), prefix: Some(24) },
        Address { ip: ip6, prefix: Some(64) },
    ];
    Interface {
        name: name.to_owned(),
        index,
        addresses,
        up: true,
        multicast: true,
        ..Interface::default()
    }
}

fn host(ask: Ask) -> Host {
    Host::with(vec![iface(2, "e0", "10.0.0.101"), iface(3, "e1", "10.1.0.101")], ask)
}

fn ranges(texts: &[&str]) -> Vec<TargetRange> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn named(names: &[&str]) -> Vec<Wanted> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// The filters for these values of `--source` and `--exclude`.
fn filters(texts: &[&str], include: &[&str], exclude: &[&str]) -> Result<Vec<String>, String> {
    filters_on(&["e0"], texts, include, exclude)
}

/// The same on these interfaces.
fn filters_on(
    wanted: &[&str],
    texts: &[&str],
    include: &[&str],
    exclude: &[&str],
) -> Result<Vec<String>, String> {
    let parse = |texts: &[&str]| texts.iter().map(|text| read_source(text).unwrap()).collect();
    let sources = Sources { include: parse(include), exclude: parse(exclude) };
    let listens = host(&no_terminal)
        .listens(&ranges(texts), &named(wanted), &sources)
        .map_err(|error| error.to_string())?;
    let print = |listen: Listen| match &*listen.filter {
        Filter::Any => format!("{} any", listen.at.group),
        Filter::Include(sources) => format!("{} from {sources:?}", listen.at.group),
        Filter::Exclude(sources) => format!("{} but {sources:?}", listen.at.group),
    };
    Ok(listens.into_iter().map(print).collect())
}

#[test]
fn repeated_targets_are_used_once() {
    let targets = ranges(&["239.1.1.1:5", "239.1.1.1+2:5", "239.1.1.2/32:5"]);
    let endpoints = host(&no_terminal).endpoints(&targets, &named(&["e0", "2"])).unwrap();
    assert_eq!(endpoints.len(), 2);
    assert!(
        Arc::ptr_eq(&endpoints[0].via, &endpoints[1].via),
        "endpoints of one interface share it"
    );
    assert_eq!(host(&no_terminal).endpoints(&targets, &named(&["all"])).unwrap().len(), 4);
}

#[test]
fn targets_on_all_interfaces_are_limited() {
    let targets = ranges(&["239.0.0.0/16:5"]);
    assert!(host(&no_terminal).endpoints(&targets, &named(&["e0"])).is_ok());
    let error = host(&no_terminal).endpoints(&targets, &named(&["all"])).unwrap_err().to_string();
    assert!(error.contains("more than 65536 targets"), "{error}");
}

#[test]
fn sources_are_collected_per_group() {
    let two = Ok(vec!["232.1.1.1 from [10.0.0.5, 10.0.0.6]".to_owned()]);
    assert_eq!(
        filters(&["10.0.0.6@232.1.1.1", "10.0.0.5@232.1.1.1", "10.0.0.6@232.1.1.1"], &[], &[]),
        two
    );
    assert_eq!(filters(&["232.1.1.1"], &["10.0.0.6", "10.0.0.5"], &[]), two);
    assert_eq!(filters(&["10.0.0.6@232.1.1.1"], &["10.0.0.5"], &[]), two);
    assert_eq!(
        filters(&["239.1.1.1", "ff15::1"], &["10.0.0.5", "fd00::5"], &[]),
        Ok(vec!["239.1.1.1 from [10.0.0.5]".to_owned(), "ff15::1 from [fd00::5]".to_owned()])
    );
    assert_eq!(
        filters(&["239.1.1.1", "ff15::1"], &[], &["10.0.0.5"]),
        Ok(vec!["239.1.1.1 but [10.0.0.5]".to_owned(), "ff15::1 any".to_owned()])
    );
}

#[test]
fn a_source_with_a_zone_filters_on_its_interface_only() {
    for zone in ["e1", "3"] {
        let source = format!("fe80::5%{zone}");
        let both = ["e0", "e1"];
        let filters = |wanted: &[&str], include: &[&str], exclude: &[&str]| {
            filters_on(wanted, &["ff15::1"], include, exclude)
        };
        let from = vec!["ff15::1 from [fe80::5]".to_owned()];
        assert_eq!(filters(&both, &[&source], &[]), Ok(from.clone()));
        assert_eq!(filters(&[], &[&source], &[]), Ok(from), "the zone chooses the interface");
        assert_eq!(
            filters(&both, &[], &[&source]),
            Ok(vec!["ff15::1 any".to_owned(), "ff15::1 but [fe80::5]".to_owned()])
        );
        let error = filters(&["e0"], &[&source], &[]).unwrap_err();
        assert_eq!(
            error,
            format!(
                "cannot join ff15::1 on e0: --source names only {source}\n  tip: use the interface \
                 of the source: --iface {zone}"
            )
        );
    }
    let error = filters_on(&["e0"], &["ff15::1"], &["fe80::5%e9"], &[]).unwrap_err();
    assert!(error.contains("'e9'"), "{error}");
}

#[test]
fn contradicting_sources_are_refused() {
    for (texts, include, exclude, part) in [
        (
            &["239.1.1.1"][..],
            &["fd00::5"][..],
            &[][..],
            "--source fd00::5 is IPv6, but 239.1.1.1 is IPv4",
        ),
        (
            &["239.1.1.1", "ff15::1"],
            &["10.0.0.5"],
            &[],
            "--source 10.0.0.5 is IPv4, but ff15::1 is IPv6",
        ),
        (&["239.1.1.1"], &[], &["fd00::5"], "--exclude fd00::5 is IPv6"),
        (&["10.0.0.5@232.1.1.1"], &[], &["10.0.0.6"], "cannot join 232.1.1.1 from 10.0.0.5 only"),
        (
            &["10.0.0.5@232.1.1.1", "232.1.1.1"],
            &[],
            &[],
            "both from 10.0.0.5 only and from any source",
        ),
        (&["10.0.0.101"], &["10.0.0.5"], &[], "10.0.0.101: it is not a multicast group"),
    ] {
        let error = filters(texts, include, exclude).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn the_menu_appears_once_for_several_targets() {
    let asked = std::cell::Cell::new(0);
    let ask = |_: IpAddr, offered: &[&Interface]| {
        asked.set(asked.get() + 1);
        Answer::Chosen(offered[1].index)
    };
    let endpoints = host(&ask).endpoints(&ranges(&["239.1.1.1+5:5", "239.2.2.2:5"]), &[]).unwrap();
    assert!(endpoints.iter().all(|at| at.via.name == "e1") && endpoints.len() == 6);
    assert_eq!(asked.get(), 1);
    host(&ask).endpoints(&ranges(&["239.1.1.1:5"]), &named(&["ask"])).unwrap();
    assert_eq!(asked.get(), 2);
    host(&ask).endpoints(&ranges(&["239.1.1.1:5"]), &named(&["e0"])).unwrap();
    assert_eq!(asked.get(), 2);
}

#[test]
fn without_a_terminal_the_error_lists_the_interfaces() {
    let error = |wanted: &[&str]| {
        host(&no_terminal)
            .endpoints(&ranges(&["239.1.1.1:5"]), &named(wanted))
            .unwrap_err()
            .to_string()
    };
    assert!(
        error(&[]).contains("for 239.1.1.1: e0 and e1 can carry it")
            && error(&[]).contains("e1  up")
    );
    assert!(error(&["ask"]).contains("no terminal"), "{}", error(&["ask"]));
    let closed = |_: IpAddr, _: &[&Interface]| Answer::Closed;
    let error = host(&closed).endpoints(&ranges(&["239.1.1.1:5"]), &[]).unwrap_err().to_string();
    assert!(error.contains("no interface was chosen"), "{error}");
}

#[test]
fn a_payload_fits_the_longest_datagram() {
    let endpoints =
        host(&no_terminal).endpoints(&[TargetRange::default()], &named(&["e0"])).unwrap();
    assert!(fits(65_507, &endpoints).is_ok());
    let error = fits(65_508, &endpoints).unwrap_err().to_string();
    assert!(error.contains("65508") && error.contains("at most 65507"), "{error}");
}
