use std::net::IpAddr;

use http::{HeaderMap, HeaderValue};

use super::{Network, TrustedProxies};

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn proxies() -> TrustedProxies {
    let network = |text, bits| Network::new(address(text), bits).expect("it has so many bits");
    TrustedProxies::new(vec![
        network("127.0.0.1", 32),
        network("10.1.0.0", 16),
        network("fd00::", 8),
    ])
}

fn client(peer: &str, lines: &[&str]) -> String {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("x-forwarded-for", HeaderValue::from_str(line).expect("a value"));
    }
    proxies().client(address(peer), &headers).to_string()
}

#[test]
fn a_network_is_its_first_bits() {
    let all = Network::new(address("0.0.0.0"), 0).expect("it has none");
    assert!(all.contains(address("203.0.113.9")) && !all.contains(address("::1")));
    assert_eq!(Network::new(address("10.0.0.0"), 33), None);
    let half = Network::new(address("10.128.0.0"), 9).expect("it has nine");
    assert!(half.contains(address("10.255.0.1")) && !half.contains(address("10.127.0.1")));
    assert!(half.contains(address("::ffff:10.128.0.1")), "it is that address");
}

#[test]
fn a_network_of_mapped_addresses_is_the_one_that_it_stands_for() {
    let mapped = Network::new(address("::ffff:10.0.0.0"), 104).expect("it has so many");
    assert_eq!(Some(mapped), Network::new(address("10.0.0.0"), 8));
    assert!(mapped.contains(address("10.1.2.3")));
    assert_eq!(Network::new(address("::ffff:10.0.0.0"), 129), None);
    assert!(Network::new(address("::ffff:10.0.0.0"), 64).is_some());
}

#[test]
fn nobody_else_may_speak_for_others() {
    assert_eq!(client("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    assert_eq!(client("127.0.0.2", &["198.51.100.1"]), "127.0.0.2");
    let nobody = TrustedProxies::default();
    assert!(!nobody.trusts(address("127.0.0.1")));
}

#[test]
fn the_last_that_is_no_proxy_is_the_client() {
    assert_eq!(client("127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
    // What the client itself wrote stands in front.
    assert_eq!(client("127.0.0.1", &["10.1.2.3, 198.51.100.1"]), "198.51.100.1");
    assert_eq!(
        client("127.0.0.1", &["192.0.2.7", "198.51.100.1, 10.1.9.9"]),
        "198.51.100.1"
    );
    assert_eq!(
        client("127.0.0.1", &["10.1.0.8,10.1.0.9"]),
        "10.1.0.8",
        "all are proxies"
    );
    assert_eq!(client("::ffff:127.0.0.1", &["2001:db8::1"]), "2001:db8::1");
    assert_eq!(client("fd00::7", &["[2001:db8::1]:4711"]), "2001:db8::1");
    assert_eq!(client("127.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
}

#[test]
fn what_cannot_be_read_hides_what_is_behind_it() {
    assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
    assert_eq!(client("127.0.0.1", &["198.51.100.1, unknown"]), "127.0.0.1");
    assert_eq!(client("127.0.0.1", &["198.51.100.1, , 10.1.0.9"]), "10.1.0.9");
}
