"""Makes the databases of this folder, with PyPI's mmdb_writer: MaxMind's form, and IPinfo's."""

from netaddr import IPSet
from mmdb_writer import MMDBWriter


def make(name, kind, records):
    writer = MMDBWriter(6, kind, ipv4_compatible=True)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(name)


make("country.mmdb", "GeoLite2-Country", {
    "203.0.113.0/24": {"country": {"iso_code": "JP", "names": {"en": "Japan"}}},
    "198.51.100.0/24": {"registered_country": {"iso_code": "SE"}},
    "2001:db8::/32": {"country": {"iso_code": "DE"}},
})
make("country-later.mmdb", "GeoLite2-Country", {
    "203.0.113.0/24": {"country": {"iso_code": "NZ"}},
})
make("asn.mmdb", "GeoLite2-ASN", {
    "203.0.113.0/25": {
        "autonomous_system_number": 64500,
        "autonomous_system_organization": "Example Net",
    },
    "198.51.100.0/24": {"autonomous_system_number": 64501},
})
make("flat.mmdb", "ipinfo generic_lite.mmdb", {
    "203.0.113.0/24": {
        "country": "Japan", "country_code": "JP", "asn": "AS64500", "as_name": "Example Net",
    },
})
