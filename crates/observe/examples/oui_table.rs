//! Makes `src/oui.txt` out of the registers of the IEEE Registration Authority:
//! `cargo run --example oui_table -- /usr/share/ieee-data/{oui,mam,oui36,iab}.csv` (Debian's package `ieee-data`).
//!
//! One line an organisation: its name without the legal form, a tab, its prefixes as 6, 7 or 9 hexadecimal digits.
//! Only these facts are taken over: who holds which prefix.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a command for developers, not the library"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Words that say what kind of company it is, not which.
const LEGAL_FORMS: &[&str] = &[
    "ab",
    "ag",
    "aktiengesellschaft",
    "as",
    "asa",
    "bv",
    "bvba",
    "co",
    "company",
    "coltd",
    "corp",
    "corporation",
    "cokg",
    "doo",
    "eood",
    "ev",
    "gmbh",
    "inc",
    "incorporated",
    "kft",
    "kg",
    "kgaa",
    "kk",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "mbh",
    "nv",
    "oao",
    "oo",
    "ooo",
    "ou",
    "oy",
    "oyj",
    "plc",
    "pte",
    "pty",
    "pvt",
    "sa",
    "sas",
    "sdn",
    "bhd",
    "se",
    "sia",
    "sl",
    "slu",
    "sp",
    "spa",
    "spol",
    "sro",
    "srl",
    "sarl",
    "zao",
    "zoo",
    "z",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut table: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in std::env::args().skip(1) {
        for row in std::fs::read_to_string(path)?.lines().skip(1) {
            let fields = fields(row);
            let [_, prefix, name, ..] = fields.as_slice() else {
                continue;
            };
            let name = short(name);
            // Blocks that are given out in parts, and holders that do not want to be named.
            if !["IEEE Registration Authority", "Private", ""].contains(&name.as_str()) {
                table.entry(name).or_default().insert(prefix.clone());
            }
        }
    }
    let mut text = String::new();
    for (name, prefixes) in &table {
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        text += &format!("{name}\t{}\n", prefixes.join(" "));
    }
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/oui.txt");
    std::fs::write(&out, &text)?;
    println!(
        "{} organisations, {} bytes in {}",
        table.len(),
        text.len(),
        out.display()
    );
    Ok(())
}

/// The fields of a CSV row; a quoted one may hold commas.
fn fields(row: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for character in row.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => {
                if let Some(field) = fields.last_mut() {
                    field.push(character);
                }
            }
        }
    }
    fields
}

/// The name without spaces too many and without the legal form.
fn short(name: &str) -> String {
    let plain = |word: &str| -> String {
        let letters = word.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let mut words: Vec<&str> = name.split_whitespace().collect();
    while words.len() > 1 {
        let last = words.last().map(|word| plain(word)).unwrap_or_default();
        let joined: String = last.clone();
        if !(last.is_empty() || LEGAL_FORMS.contains(&joined.as_str())) {
            break;
        }
        words.pop();
    }
    let kept = words.join(" ");
    // `Co.,Ltd.` may be stuck to the name by commas.
    let mut parts: Vec<&str> = kept.split(',').collect();
    while parts.len() > 1
        && parts
            .last()
            .is_some_and(|part| LEGAL_FORMS.contains(&plain(part).as_str()) || plain(part).is_empty())
    {
        parts.pop();
    }
    parts
        .join(",")
        .trim_end_matches([',', '.', ' ', '&'])
        .replace('\t', " ")
}
