//! What the API says: plain structures with serde and OpenAPI derives, made from the core's values at this edge.
//!
//! Names and shapes here are the API's contract; `docs/openapi.json` is generated from them and compared by a test.

use serde::Serialize;
use utoipa::ToSchema;

/// The site and what it holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SiteView {
    /// The site's identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `draft` or `baselined`.
    pub stage: String,
    /// Whether there is a plant model that could be read.
    pub model: ModelState,
    /// How many zones the model has.
    pub zones: usize,
    /// How many conduits.
    pub conduits: usize,
    /// How many assets the model declares.
    pub assets: usize,
    /// How many assets were observed.
    pub observed_assets: usize,
    /// Captures that were observed, in name order.
    pub captures: Vec<CaptureView>,
    /// Cofferdam's version.
    pub version: String,
}

/// Whether the plant model could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ModelState {
    /// There is one.
    Read,
    /// There is none yet.
    Absent,
    /// There is one with errors; the findings say which.
    Faulty,
}

/// One observed capture.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaptureView {
    /// Its name.
    pub name: String,
    /// First packet, RFC 3339.
    pub first: Option<String>,
    /// Last packet.
    pub last: Option<String>,
    /// Packets handed in.
    pub packets: u64,
    /// Packets understood to the transport.
    pub decoded: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// Packets not understood: reason, count, first packet's number.
    pub not_understood: Vec<CountView>,
    /// Flows of which one way alone was seen.
    pub one_way_flows: u64,
    /// Stream bytes that were missed.
    pub missed_bytes: u64,
    /// Clock hours with at least one packet.
    pub hours_seen: u64,
    /// What was evicted at a ceiling.
    pub evicted: Vec<CountView>,
    /// Messages by protocol.
    pub messages: Vec<CountView>,
    /// Advice on what the capture could not see.
    pub advice: Vec<String>,
}

/// A count by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountView {
    /// What is counted.
    pub name: String,
    /// How many.
    pub count: u64,
    /// The first packet's number, where it has one.
    pub packet: Option<u64>,
}

/// Zones, conduits and what was seen between them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MapView {
    /// Zones, in the model's order.
    pub zones: Vec<ZoneView>,
    /// Conduits, in the model's order.
    pub conduits: Vec<ConduitView>,
    /// Enforcement points.
    pub enforcement_points: Vec<EnforcementPointView>,
}

/// A zone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ZoneView {
    /// Identifier.
    pub id: String,
    /// Name; may be empty.
    pub name: String,
    /// Kind: `safety`, `control`, …
    pub kind: String,
    /// The zone that it lies in.
    pub parent: Option<String>,
    /// SL-T for FR 1 to 7, its parents' included.
    pub sl_t: Option<Vec<u8>>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Subnets that select addresses no asset claims.
    pub subnets: Vec<String>,
    /// Why it is drawn so.
    pub reason: String,
    /// The assets in it, in the model's order.
    pub assets: Vec<ZoneAssetView>,
}

/// An asset as a zone lists it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ZoneAssetView {
    /// Identifier.
    pub id: String,
    /// Name; may be empty.
    pub name: String,
    /// Role.
    pub role: String,
    /// Its first address.
    pub address: String,
}

/// A conduit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConduitView {
    /// Identifier.
    pub id: String,
    /// Name; may be empty.
    pub name: String,
    /// The zones that it joins.
    pub zones: Vec<String>,
    /// What it permits.
    pub permits: Vec<PermitView>,
    /// What protects it.
    pub protection: Vec<String>,
    /// The devices that enforce it.
    pub enforcement_points: Vec<String>,
    /// SL-T for FR 1 to 7.
    pub sl_t: Option<Vec<u8>>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it is drawn so.
    pub reason: String,
}

/// A permitted flow.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PermitView {
    /// Identifier within the conduit.
    pub id: String,
    /// Who may initiate.
    pub from: Vec<PartyView>,
    /// Who may respond.
    pub to: Vec<PartyView>,
    /// By what: `tcp/502 modbus`.
    pub services: Vec<String>,
    /// Which operation classes; all of them where `any` is written.
    pub operations: Vec<String>,
    /// When it is open; always, if absent.
    pub open: Option<String>,
    /// Why it is needed.
    pub reason: String,
}

/// Who may start or answer a permitted flow.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PartyView {
    /// `zone` or `asset`.
    pub kind: PartyKind,
    /// The identifier.
    pub id: String,
    /// The zone itself, or the one that the asset is in.
    pub zone: Option<String>,
}

/// What kind of party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PartyKind {
    /// A zone with all in it.
    Zone,
    /// One asset.
    Asset,
}

/// A device that enforces policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EnforcementPointView {
    /// Identifier.
    pub id: String,
    /// Name; may be empty.
    pub name: String,
    /// The backend that compiles for it.
    pub backend: String,
}

/// One row of the inventory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssetView {
    /// The declared asset's identifier, or the observed one's key where none is declared.
    pub id: String,
    /// Name; may be empty.
    pub name: String,
    /// Whether it is in the model, was seen, or both.
    pub standing: Standing,
    /// Zone.
    pub zone: Option<String>,
    /// Role.
    pub role: String,
    /// How sure, 0 to 1; absent where a person declared it.
    pub confidence: Option<f64>,
    /// Vendor.
    pub vendor: Option<String>,
    /// Product.
    pub product: Option<String>,
    /// Firmware or software version.
    pub firmware: Option<String>,
    /// IP addresses.
    pub ips: Vec<String>,
    /// Link-layer addresses.
    pub macs: Vec<String>,
    /// VLANs.
    pub vlans: Vec<u16>,
    /// Protocols that it answers.
    pub serves: Vec<String>,
    /// Protocols in which it asks others.
    pub uses: Vec<String>,
    /// First packet.
    pub first: Option<String>,
    /// Last packet.
    pub last: Option<String>,
    /// Bytes sent and received.
    pub bytes: u64,
}

/// Where an asset is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// In the model and seen.
    DeclaredAndObserved,
    /// In the model, never seen.
    Declared,
    /// Seen, not in the model.
    Observed,
}

/// All that is known of one asset and from where.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssetDetail {
    /// The row.
    pub asset: AssetView,
    /// Why this role, a sentence each.
    pub role_reasons: Vec<String>,
    /// Why these addresses are one asset.
    pub joins: Vec<String>,
    /// What was claimed about it on the wire, conflicting claims included.
    pub facts: Vec<FactView>,
    /// Units behind it: protocol and number.
    pub units: Vec<String>,
}

/// One claim off the wire. Untrusted text: render it as text only.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FactView {
    /// Kind of fact: `vendor`, `firmware`, …
    pub field: String,
    /// The value, escaped for terminals, not for HTML.
    pub value: String,
    /// The protocol that says it.
    pub protocol: String,
    /// The unit behind the endpoint.
    pub unit: Option<u32>,
    /// The first packet that says it, from 1.
    pub packet: u64,
    /// When.
    pub at: String,
    /// How often it was said.
    pub times: u64,
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssetPage {
    /// The rows.
    pub rows: Vec<AssetView>,
    /// How many rows match in all.
    pub total: usize,
}
