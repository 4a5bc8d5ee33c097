//! Numbers with their noun, as sentences for people have them.

/// `1 host`, `2 hosts`.
pub(crate) fn counted(count: impl Into<u128>, noun: &str) -> String {
    let count = count.into();
    let plural = match noun {
        _ if count == 1 => "",
        noun if noun.ends_with('s') => "es",
        _ => "s",
    };
    format!("{count} {noun}{plural}")
}

/// [`counted`] for what is counted in memory.
pub(crate) fn counted_here(count: usize, noun: &str) -> String {
    counted(count as u128, noun)
}

/// `was` for one, `were` for others.
pub(crate) const fn was(count: u64) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_nothing_else_is() {
        for (count, noun, expected) in [
            (0_u64, "host", "0 hosts"),
            (1, "host", "1 host"),
            (2, "address", "2 addresses"),
            (1, "address", "1 address"),
        ] {
            assert_eq!(counted(count, noun), expected);
        }
    }
}
