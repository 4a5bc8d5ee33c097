// Short names for the generated schemas; the shapes themselves are the server's.
import type { components } from "../generated/api";

type Schemas = components["schemas"];

export type Site = Schemas["SiteView"];
export type PlantMap = Schemas["MapView"];
export type Zone = Schemas["ZoneView"];
export type Conduit = Schemas["ConduitView"];
export type Permit = Schemas["PermitView"];
export type Party = Schemas["PartyView"];
export type Asset = Schemas["AssetView"];
export type AssetPage = Schemas["AssetPage"];
export type AssetDetail = Schemas["AssetDetail"];
export type Shadow = Schemas["ShadowView"];
export type Cut = Schemas["CutView"];
export type Findings = Schemas["FindingsView"];
export type Finding = Schemas["FindingView"];
export type Rules = Schemas["RulesView"];
export type Problem = { title: string; detail: string; status: number };
