//! From which country an address is and who runs its network, by databases that the user has.
//!
//! The files are MaxMind DBs: MaxMind's own (GeoLite2, GeoIP2), DB-IP's of the same form, and
//! IPinfo's, whose records are flat.

use std::net::IpAddr;

use maxminddb::{PathElement, Reader};

/// What is known of an address besides itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Two letters of ISO 3166.
    pub country: Option<String>,
    /// The number and the name of the network's operator: `AS64500 Example Net`.
    pub operator: Option<String>,
}

/// One database.
#[derive(Debug)]
pub struct Database(Reader<Vec<u8>>);

impl Database {
    /// Takes what stands in a file.
    ///
    /// # Errors
    /// It is no MaxMind DB.
    pub fn read(bytes: Vec<u8>) -> Result<Database, String> {
        Reader::from_source(bytes).map(Database).map_err(|error| error.to_string())
    }

    /// The first of these fields that the record of an address has.
    fn text(&self, address: IpAddr, paths: &[&[&str]]) -> Option<String> {
        let record = self.0.lookup(address).ok()?;
        paths.iter().find_map(|path| {
            let path: Vec<_> = path.iter().map(|key| PathElement::Key(key)).collect();
            let text: Option<&str> = record.decode_path(&path).ok().flatten();
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        })
    }

    /// Of whatever width the database has it.
    fn number(&self, address: IpAddr, key: &str) -> Option<i64> {
        let record = self.0.lookup(address).ok()?;
        record.decode_path(&[PathElement::Key(key)]).ok().flatten()
    }
}

/// The databases in use; without any nothing is known of an address.
#[derive(Debug, Default)]
pub struct Origins {
    pub country: Option<Database>,
    pub asn: Option<Database>,
}

impl Origins {
    /// `source` is an address as an event holds it; of a host's name nothing is known.
    pub fn of(&self, source: Option<&str>) -> Origin {
        let is_used = self.country.is_some() || self.asn.is_some();
        let address = source.filter(|_| is_used).and_then(|source| source.parse().ok());
        address.map_or_else(Origin::default, |address| self.of_address(address))
    }

    fn of_address(&self, address: IpAddr) -> Origin {
        const COUNTRY: &[&[&str]] = &[
            &["country", "iso_code"],
            &["registered_country", "iso_code"],
            &["country_code"],
            &["country"],
        ];
        const NAME: &[&[&str]] = &[&["autonomous_system_organization"], &["as_name"], &["name"]];
        let country = self.country.as_ref().and_then(|of| of.text(address, COUNTRY));
        let operator = self.asn.as_ref().and_then(|of| {
            let number = of.number(address, "autonomous_system_number").map(|n| format!("AS{n}"));
            let number = number.or_else(|| of.text(address, &[&["asn"]]));
            let parts = [number, of.text(address, NAME)].into_iter().flatten();
            Some(parts.collect::<Vec<_>>().join(" ")).filter(|operator| !operator.is_empty())
        });
        Origin { country, operator }
    }
}
