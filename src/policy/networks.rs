//! Which name an address has: the longest configured prefix, else what kind of address it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::address;

/// What an address is called that no configured network holds.
pub const BUILT_IN: [&str; 5] = [LOOPBACK, PRIVATE, PUBLIC, AWS, UNKNOWN];

const LOOPBACK: &str = "loopback";
/// Addresses that the internet does not route: RFC 1918, unique local (RFC 4193), link-local, and
/// the shared space of RFC 6598, which carriers and overlay networks use behind their gateways.
const PRIVATE: &str = "private";
const PUBLIC: &str = "public";
/// AWS itself: `AWS Internal`, or a service's name in place of an address.
pub(super) const AWS: &str = "aws";
/// No address, a host name, or an address that no one can come from.
const UNKNOWN: &str = "unknown";

/// The configured networks. Longer prefixes stand first, so the first that holds an address wins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Networks {
    table: Vec<(IpNet, String)>,
}

impl Networks {
    /// The table of these networks. A prefix within `::ffff:0:0/96` stands for its IPv4 network.
    pub fn new(networks: impl IntoIterator<Item = (IpNet, String)>) -> Networks {
        let mut table: Vec<_> =
            networks.into_iter().map(|(net, name)| (fold_network(net), name)).collect();
        table.sort_by_key(|(net, _)| (std::cmp::Reverse(net.prefix_len()), *net));
        Networks { table }
    }

    /// The networks and their names, longer prefixes first.
    pub fn iter(&self) -> impl Iterator<Item = (IpNet, &str)> {
        self.table.iter().map(|(net, name)| (*net, name.as_str()))
    }

    /// The name of where a host's event came from.
    #[inline(always)]
    pub fn of_host_event(&self, source: Option<&str>) -> &str {
        match source.and_then(address::parse) {
            Some(address) => self.of_address(address),
            None => UNKNOWN,
        }
    }

    /// The name of where an AWS call came from.
    #[inline(never)]
    pub fn of_aws_event(&self, source: Option<&str>) -> &str {
        match source {
            Some(name) if is_aws(name) => AWS,
            source => self.of_host_event(source),
        }
    }

    #[inline]
    fn of_address(&self, address: IpAddr) -> &str {
        let configured = self.table.iter().find(|(net, _)| net.contains(&address));
        configured.map_or_else(|| kind(address), |(_, name)| name)
    }
}

/// IPv4 within IPv6 becomes IPv4, as it does in every source.
pub fn fold_network(net: IpNet) -> IpNet {
    match net {
        IpNet::V6(v6) => fold_mapped(v6).map_or(net, IpNet::V4),
        IpNet::V4(_) => net,
    }
}

fn fold_mapped(net: Ipv6Net) -> Option<Ipv4Net> {
    let v4 = net.addr().to_ipv4_mapped()?;
    Ipv4Net::new(v4, net.prefix_len().checked_sub(96)?).ok()
}

fn is_aws(source: &str) -> bool {
    source == "AWS Internal"
        || source.ends_with(".amazonaws.com")
        || source.ends_with(".amazonaws.com.cn")
}

fn kind(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(v4) => kind_v4(v4),
        IpAddr::V6(v6) => kind_v6(v6),
    }
}

fn kind_v4(v4: Ipv4Addr) -> &'static str {
    let [a, b, ..] = v4.octets();
    let shared = a == 100 && (64..128).contains(&b);
    match () {
        () if v4.is_loopback() => LOOPBACK,
        () if v4.is_private() || v4.is_link_local() || shared => PRIVATE,
        // This network, multicast, reserved, broadcast: no sender.
        () if a == 0 || a >= 224 => UNKNOWN,
        () => PUBLIC,
    }
}

fn kind_v6(v6: Ipv6Addr) -> &'static str {
    match () {
        () if v6.is_loopback() => LOOPBACK,
        () if v6.is_unique_local() || v6.is_unicast_link_local() => PRIVATE,
        () if v6.is_unspecified() || v6.is_multicast() => UNKNOWN,
        () => PUBLIC,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks() -> Networks {
        let named = |net: &str, name: &str| (net.parse().unwrap(), name.to_owned());
        Networks::new([
            named("10.0.0.0/8", "vpc"),
            named("10.1.0.0/16", "office"),
            named("10.1.2.3/32", "bastion"),
            named("2001:db8::/32", "office"),
            named("::ffff:192.0.2.0/120", "mapped"),
        ])
    }

    #[test]
    fn the_longest_prefix_wins() {
        let table = networks();
        let of = |source| table.of_host_event(Some(source));
        assert_eq!(of("10.9.9.9"), "vpc");
        assert_eq!(of("10.1.9.9"), "office");
        assert_eq!(of("10.1.2.3"), "bastion");
        assert_eq!(of("::ffff:10.1.2.3"), "bastion");
        assert_eq!(of("2001:db8::7"), "office");
        assert_eq!(of("192.0.2.255"), "mapped");
    }

    #[test]
    fn an_address_of_no_network_has_the_name_of_its_kind() {
        let table = Networks::default();
        let cases = [
            ("127.0.0.1", "loopback"),
            ("127.9.0.1", "loopback"),
            ("::1", "loopback"),
            ("::ffff:127.0.0.1", "loopback"),
            ("10.0.0.1", "private"),
            ("172.31.255.255", "private"),
            ("172.32.0.0", "public"),
            ("192.168.0.1", "private"),
            ("169.254.1.1", "private"),
            ("100.64.0.1", "private"),
            ("100.127.255.255", "private"),
            ("100.128.0.0", "public"),
            ("fd00::1", "private"),
            ("fe80::1%eth0", "private"),
            ("203.0.113.7", "public"),
            ("2600::1", "public"),
            ("0.0.0.0", "unknown"),
            ("224.0.0.1", "unknown"),
            ("255.255.255.255", "unknown"),
            ("::", "unknown"),
            ("ff02::1", "unknown"),
            ("host.example.org", "unknown"),
            ("ssm.amazonaws.com", "unknown"),
            ("AWS Internal", "unknown"),
            ("10.0.0.1 ", "unknown"),
            ("010.0.0.1", "unknown"),
            ("", "unknown"),
        ];
        for (source, name) in cases {
            assert_eq!(table.of_host_event(Some(source)), name, "{source:?}");
        }
        assert_eq!(table.of_host_event(None), "unknown");
    }

    #[test]
    fn aws_names_itself_only_in_its_own_events() {
        let table = networks();
        assert_eq!(table.of_aws_event(Some("AWS Internal")), "aws");
        assert_eq!(table.of_aws_event(Some("ssm.amazonaws.com")), "aws");
        assert_eq!(table.of_aws_event(Some("ssm.cn-north-1.amazonaws.com.cn")), "aws");
        assert_eq!(table.of_aws_event(Some("amazonaws.com.example.org")), "unknown");
        assert_eq!(table.of_aws_event(Some("10.1.0.1")), "office");
        assert_eq!(table.of_aws_event(None), "unknown");
    }
}
