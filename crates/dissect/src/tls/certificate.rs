//! Whose certificate it is: the first of the chain, its subject and the names that it is good for.

use crate::reader::{Reader, Truncated};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// The most names of one certificate that are told; further ones are dropped.
pub(super) const MAX_NAMES: usize = 8;

/// What a certificate says.
pub(crate) struct Names {
    /// The common name of the subject.
    pub(crate) subject: Option<String>,
    /// The subject and issuer in full.
    pub(crate) full: [String; 2],
    /// DNS names and addresses that it is good for.
    pub(crate) alternatives: Vec<Vec<u8>>,
}

/// The first certificate of a Certificate message's body (RFC 5246, 7.4.2). `None` when the list is empty.
pub(super) fn first<'a>(mut body: Reader<'a>) -> Result<Option<&'a [u8]>, Truncated> {
    let length = |reader: &mut Reader<'a>| {
        let [high, middle, low] = reader.array()?;
        reader.sub(usize::try_from(u32::from_be_bytes([0, high, middle, low])).unwrap_or(usize::MAX))
    };
    let mut list = length(&mut body)?;
    if list.is_empty() {
        return Ok(None);
    }
    length(&mut list).map(|mut certificate| Some(certificate.rest()))
}

/// Reads a certificate (RFC 5280). `None` when it is none.
pub(crate) fn names(der: &[u8]) -> Option<Names> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let common = certificate.subject().iter_common_name().next();
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let alternatives = alternatives
        .iter()
        .flat_map(|extension| &extension.value.general_names);
    Some(Names {
        subject: common.and_then(|name| name.as_str().ok()).map(str::to_owned),
        full: [
            certificate.subject().to_string(),
            certificate.issuer().to_string(),
        ],
        alternatives: alternatives
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some(name.as_bytes().to_vec()),
                _ => None,
            })
            .take(MAX_NAMES)
            .collect(),
    })
}
