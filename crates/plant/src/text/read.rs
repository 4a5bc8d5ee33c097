//! Reading the sections of the text form into the pieces of a model, and what doesn't fit together into diagnostics.

use super::codes::TextCode;
use super::keys;
use super::place::range_of;
use super::reader::{Reader, Section, a};
use crate::diagnostic::Diagnostic;
use crate::model::{
    Asset, AssetRole, Attribute, Conduit, EnforcementPoint, Permit, Protection, Site, Stage, Zone, ZoneKind,
};
use crate::plant::{Fault, Parts, Place, Plant, Table};
use crate::source::Source;
use std::collections::BTreeSet;
use toml_edit::{Document, Item, TableLike};

/// The most entries of one kind that are read: zones, assets, conduits, enforcement points, permits of one conduit.
pub const MAX_ENTRIES: usize = 100_000;
/// The deepest that zones nest.
pub const MAX_ZONE_DEPTH: usize = 32;
/// The version of the text form that is read and written.
pub(super) const FORMAT: i64 = 1;

/// The model that a tree of TOML says, or all that is wrong with it.
pub(super) fn plant<S: AsRef<str>>(source: &Source, tree: &Document<S>) -> Result<Plant, Vec<Diagnostic>> {
    let mut reader = Reader::new(source);
    let root = reader.section("the file", tree.as_table(), 0..0, keys::ROOT);
    format(&mut reader, &root);
    let site = site(&mut reader, &root);
    let mut lost = Lost::default();
    let zones = entries(&mut reader, &root, Table::Zone, &mut lost, zone);
    let assets = entries(&mut reader, &root, Table::Asset, &mut lost, asset);
    let conduits = entries(&mut reader, &root, Table::Conduit, &mut lost, conduit);
    let points = entries(
        &mut reader,
        &root,
        Table::EnforcementPoint,
        &mut lost,
        enforcement_point,
    );
    let text_place = |place: &Place| {
        let kept = match place.table {
            Table::Site => None,
            Table::Zone => zones.at.get(place.index),
            Table::Asset => assets.at.get(place.index),
            Table::Conduit => conduits.at.get(place.index),
            Table::EnforcementPoint => points.at.get(place.index),
        };
        Place {
            index: kept.copied().unwrap_or(place.index),
            ..place.clone()
        }
    };
    // Without a site nothing stands or falls together: the references are looked at another time.
    let Some(site) = site else {
        return Err(reader.finish());
    };
    let made = Plant::new(Parts {
        site,
        zones: zones.entries,
        assets: assets.entries,
        conduits: conduits.entries,
        enforcement_points: points.entries,
    });
    match made {
        Ok(plant) => {
            depth(&mut reader, tree, &plant, &text_place);
            if reader.is_clean() {
                return Ok(plant);
            }
        }
        Err(faults) => {
            for fault in faults.iter().filter(|fault| !lost.explains(fault)) {
                let error = self::fault(&reader, tree, fault, &text_place);
                reader.push(error);
            }
        }
    }
    Err(reader.finish())
}

fn format<'t>(reader: &mut Reader<'t>, root: &Section<'t>) {
    let Some(field) = root.required(reader, "format") else {
        return;
    };
    match field.value.as_integer() {
        Some(FORMAT) => {}
        Some(other) => {
            let error = reader.error(
                TextCode::UnknownFormat,
                field.range,
                format!("format {other} is not known"),
            );
            reader.push(error.help("this version reads `format = 1`"));
        }
        None => reader.wrong_type("format", field.range, a(field.value.type_name()), "the number 1"),
    }
}

/// Entries that were read, and where in the text each stood.
struct Entries<T> {
    entries: Vec<T>,
    at: Vec<usize>,
}

/// Entries that could not be read, so that references to them aren't reported as well.
#[derive(Default)]
struct Lost {
    /// Those whose id could be read.
    ids: BTreeSet<(Table, String)>,
    /// Tables with an entry whose id could not.
    unnamed: BTreeSet<Table>,
}

impl Lost {
    fn add(&mut self, table: Table, entry: &dyn TableLike) {
        match entry.get("id").and_then(Item::as_str) {
            Some(id) => {
                self.ids.insert((table, id.to_owned()));
            }
            None => {
                self.unnamed.insert(table);
            }
        }
    }

    fn explains(&self, fault: &Fault) -> bool {
        match fault {
            Fault::Unresolved { kind, id, .. } => {
                let table = Table::ALL.into_iter().find(|table| table.name() == *kind);
                table.is_some_and(|table| {
                    self.unnamed.contains(&table) || self.ids.contains(&(table, id.clone()))
                })
            }
            Fault::DuplicateId { .. } | Fault::ZoneCycle { .. } => false,
        }
    }
}

/// The repeated sections of a name, each read by `read`.
fn entries<'t, T>(
    reader: &mut Reader<'t>,
    root: &Section<'t>,
    table: Table,
    lost: &mut Lost,
    read: fn(&mut Reader<'t>, &'t toml_edit::Table) -> Option<T>,
) -> Entries<T> {
    let mut out = Entries {
        entries: Vec::new(),
        at: Vec::new(),
    };
    for (at, entry) in sections(reader, root, table.name()).into_iter().enumerate() {
        match read(reader, entry) {
            Some(value) => {
                out.entries.push(value);
                out.at.push(at);
            }
            None => lost.add(table, entry),
        }
    }
    out
}

/// The repeated sections of a name, as they stand.
fn sections<'t>(
    reader: &mut Reader<'t>,
    parent: &Section<'t>,
    name: &'static str,
) -> Vec<&'t toml_edit::Table> {
    let Some(item) = parent.table.get(name) else {
        return Vec::new();
    };
    let Some(array) = item.as_array_of_tables() else {
        let key = parent.table.key(name).and_then(toml_edit::Key::span);
        let range = item.span().or(key).unwrap_or_else(|| parent.head.clone());
        let path = if parent.table.get("permit").is_some() && name == "permit" {
            "conduit.permit"
        } else {
            name
        };
        reader.wrong_type(
            name,
            range,
            if item.is_value() { "a value" } else { "one section" },
            &format!("sections with the header `[[{path}]]`"),
        );
        return Vec::new();
    };
    if let Some(first_beyond) = array.get(MAX_ENTRIES) {
        let error = reader.error(
            TextCode::TooManyEntries,
            head(first_beyond),
            format!("there are {} `{name}` entries", array.len()),
        );
        reader.push(error.help(format!("at most {MAX_ENTRIES} are read")));
    }
    array.iter().take(MAX_ENTRIES).collect()
}

fn head(table: &toml_edit::Table) -> std::ops::Range<usize> {
    table.span().unwrap_or_default()
}

fn site<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Option<Site> {
    let Some(table) = root.table.get("site") else {
        let error = reader
            .error(TextCode::MissingKey, 0..0, "the file has no `[site]` section")
            .help("add `[site]` with an `id` below the line `format = 1`");
        reader.push(error);
        return None;
    };
    let Some(section) = table.as_table().filter(|table| !table.is_dotted()) else {
        let range = root.table.key("site").and_then(toml_edit::Key::span);
        reader.wrong_type(
            "site",
            range.unwrap_or_default(),
            match table {
                Item::Value(_) => "a value",
                Item::Table(_) => "written with dots",
                Item::ArrayOfTables(_) | Item::None => "a list of sections",
            },
            "a section with the header `[site]`",
        );
        return None;
    };
    let section = reader.section("site", section, head(section), keys::SITE);
    let id = reader.own_id(&section);
    let name = reader.text_or_empty(&section, "name");
    let stage = match section.optional(reader, "stage") {
        None => Some(Stage::Draft),
        Some(field) => reader.word(&field, &Stage::ALL, Stage::name),
    };
    Some(Site {
        id: id?,
        name,
        stage: stage?,
    })
}

fn zone<'t>(reader: &mut Reader<'t>, table: &'t toml_edit::Table) -> Option<Zone> {
    let section = reader.section("zone", table, head(table), keys::ZONE);
    let id = reader.own_id(&section);
    let name = reader.text_or_empty(&section, "name");
    let kind = section
        .required(reader, "kind")
        .and_then(|field| reader.word(&field, &ZoneKind::ALL, ZoneKind::name));
    let parent = reader.optional_id(&section, "parent");
    let sl_t = reader.level_target(&section);
    let owner = reader.optional_text(&section, "owner");
    let subnets = reader.subnets(&section);
    let reason = reader.text_or_empty(&section, "reason");
    Some(Zone {
        id: id?,
        name,
        kind: kind?,
        parent,
        sl_t,
        owner,
        subnets,
        reason,
    })
}

fn asset<'t>(reader: &mut Reader<'t>, table: &'t toml_edit::Table) -> Option<Asset> {
    let section = reader.section("asset", table, head(table), keys::ASSET);
    let id = reader.own_id(&section);
    let name = reader.text_or_empty(&section, "name");
    let zone = reader.optional_id(&section, "zone");
    let role = role(reader, &section);
    let vendor = reader.text_attribute(&section, "vendor");
    let product = reader.text_attribute(&section, "product");
    let order_number = reader.text_attribute(&section, "order-number");
    let firmware = reader.text_attribute(&section, "firmware");
    let serial = reader.text_attribute(&section, "serial");
    let interfaces = reader.interfaces(&section);
    let modules = reader.modules(&section);
    let sources = reader.texts(&section, "sources");
    Some(Asset {
        id: id?,
        name,
        zone,
        role: role?,
        vendor,
        product,
        order_number,
        firmware,
        serial,
        interfaces,
        modules,
        sources,
    })
}

fn role<'t>(reader: &mut Reader<'t>, section: &Section<'t>) -> Option<Attribute<AssetRole>> {
    if section.table.get("role").is_none() {
        return Some(Attribute::declared(AssetRole::Unknown));
    }
    let (field, provenance) = reader.attribute(section, "role")?;
    let value = reader.word(&field, &AssetRole::ALL, AssetRole::name)?;
    Some(Attribute { value, provenance })
}

fn conduit<'t>(reader: &mut Reader<'t>, table: &'t toml_edit::Table) -> Option<Conduit> {
    let section = reader.section("conduit", table, head(table), keys::CONDUIT);
    let id = reader.own_id(&section);
    let name = reader.text_or_empty(&section, "name");
    let zones = section.required(reader, "zones");
    let zones = reader.ids(zones);
    let protection = section.optional(reader, "protection");
    let protection = protection
        .map(|field| reader.list(&field))
        .unwrap_or_default()
        .iter()
        .filter_map(|field| reader.word(field, &Protection::ALL, Protection::name))
        .collect();
    let points = section.optional(reader, "enforcement-points");
    let enforcement_points = reader.ids(points);
    let sl_t = reader.level_target(&section);
    let owner = reader.optional_text(&section, "owner");
    let reason = reader.text_or_empty(&section, "reason");
    let permits = sections(reader, &section, "permit")
        .into_iter()
        .filter_map(|table| permit(reader, table))
        .collect();
    Some(Conduit {
        id: id?,
        name,
        zones,
        permits,
        protection,
        enforcement_points,
        sl_t,
        owner,
        reason,
    })
}

fn permit<'t>(reader: &mut Reader<'t>, table: &'t toml_edit::Table) -> Option<Permit> {
    let section = reader.section("permit", table, head(table), keys::PERMIT);
    let id = reader.own_id(&section);
    let from = reader.parties(&section, "from");
    let to = reader.parties(&section, "to");
    let services = reader.services(&section);
    let operations = reader.operations(&section);
    let open = reader.open_times(&section);
    let reason = reader.text_or_empty(&section, "reason");
    Some(Permit {
        id: id?,
        from,
        to,
        services,
        operations,
        open,
        reason,
    })
}

fn enforcement_point<'t>(reader: &mut Reader<'t>, table: &'t toml_edit::Table) -> Option<EnforcementPoint> {
    let section = reader.section("enforcement-point", table, head(table), keys::ENFORCEMENT_POINT);
    let id = reader.own_id(&section);
    let name = reader.text_or_empty(&section, "name");
    let backend = section
        .required(reader, "backend")
        .and_then(|field| reader.text(&field));
    Some(EnforcementPoint {
        id: id?,
        name,
        backend: backend?.to_owned(),
    })
}

/// Deep nesting would make every question about a zone slow, and is a mistake.
fn depth<S: AsRef<str>>(
    reader: &mut Reader<'_>,
    tree: &Document<S>,
    plant: &Plant,
    text_place: &impl Fn(&Place) -> Place,
) {
    for (at, zone) in plant.zones().iter().enumerate() {
        if plant.lineage(&zone.id).nth(MAX_ZONE_DEPTH).is_some() {
            let place = text_place(&Place::new(Table::Zone, at, &[crate::plant::Step::Key("parent")]));
            let error = reader.error(
                TextCode::ZonesTooDeep,
                range_of(tree, &place),
                format!("zone `{}` lies more than {MAX_ZONE_DEPTH} deep", zone.id),
            );
            reader.push(error.help("let it lie in a zone further out"));
        }
    }
}

fn fault<S: AsRef<str>>(
    reader: &Reader<'_>,
    tree: &Document<S>,
    fault: &Fault,
    text_place: &impl Fn(&Place) -> Place,
) -> Diagnostic {
    let range = range_of(tree, &text_place(fault.place()));
    let error = |code| reader.error(code, range.clone(), fault.to_string());
    match fault {
        Fault::DuplicateId { first, .. } => {
            let first = reader.source.span(range_of(tree, &text_place(first)));
            error(TextCode::DuplicateId)
                .and_span(first, "first here")
                .help("rename one of them, and what refers to it")
        }
        Fault::Unresolved { kind, nearest, .. } => error(TextCode::UnresolvedReference).help(match nearest {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add the {kind}, or take the reference out"),
        }),
        Fault::ZoneCycle { .. } => {
            error(TextCode::ZoneCycle).help("take out the `parent` of one of the zones on the way round")
        }
    }
}
