//! The zone diagram as AutomationML (IEC 62714, CAEX 2.15): zones in each other, devices in zones with their addresses
//! and modules, conduits linked to the zones that they join. The reader of this crate takes it back.

use super::{Export, ExportContext, VERSION, harmless, uuid, xml};
use crate::layout::{Nesting, called};
use cofferdam_plant::{Asset, Attribute, Conduit, Interface, Module, Plant, Zone};

pub(super) const EXPORT: Export = Export {
    name: "automationml",
    title: "zones, devices and conduits as AutomationML",
    extension: "aml",
    write,
};

const HEAD: &str = "\
<?xml version=\"1.0\" encoding=\"utf-8\"?>
<CAEXFile FileName=\"plant.aml\" SchemaVersion=\"2.15\">
  <AdditionalInformation AutomationMLVersion=\"2.0\"/>
";
const LIBRARIES: &str = "\
  <InterfaceClassLib Name=\"CofferdamInterfaceClassLib\">
    <Version>1.0</Version>
    <InterfaceClass Name=\"ZoneBoundary\"/>
  </InterfaceClassLib>
  <RoleClassLib Name=\"CofferdamRoleClassLib\">
    <Version>1.0</Version>
    <RoleClass Name=\"Zone\"/>
    <RoleClass Name=\"Conduit\"/>
    <RoleClass Name=\"Device\"/>
    <RoleClass Name=\"DeviceItem\"/>
    <RoleClass Name=\"Node\"/>
  </RoleClassLib>
</CAEXFile>
";

fn write(plant: &Plant, _context: &ExportContext) -> String {
    let nesting = Nesting::of(plant);
    let site = plant.site();
    let mut out = Writer {
        out: HEAD.to_owned(),
        depth: 1,
    };
    out.line("<AdditionalInformation>");
    out.line(&format!(
        "  <WriterHeader><WriterName>Cofferdam</WriterName><WriterID>cofferdam</WriterID>\
         <WriterVendor>Cofferdam</WriterVendor><WriterVersion>{VERSION}</WriterVersion></WriterHeader>"
    ));
    out.line("</AdditionalInformation>");
    let name = xml(called(&site.name, site.id.as_str()));
    out.open(&format!("<InstanceHierarchy Name=\"{name}\">"));
    for zone in &nesting.outermost {
        out.zone(&nesting, zone);
    }
    for asset in nesting.assets(None) {
        out.asset(asset);
    }
    for conduit in plant.conduits() {
        out.conduit(conduit);
    }
    out.close("</InstanceHierarchy>");
    out.out + LIBRARIES
}

struct Writer {
    out: String,
    depth: usize,
}

impl Writer {
    fn line(&mut self, text: &str) {
        self.out.extend(std::iter::repeat_n("  ", self.depth));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn open(&mut self, text: &str) {
        self.line(text);
        self.depth += 1;
    }

    fn close(&mut self, text: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.line(text);
    }

    fn element(&mut self, name: &str, id: &str) {
        let (name, id) = (xml(name), uuid(id));
        self.open(&format!("<InternalElement Name=\"{name}\" ID=\"{id}\">"));
    }

    /// Closes an element, naming its role.
    fn with_role(&mut self, role: &str, links: &[String]) {
        self.line(&format!(
            "<SupportedRoleClass RefRoleClassPath=\"CofferdamRoleClassLib/{role}\"/>"
        ));
        for link in links {
            self.line(link);
        }
        self.close("</InternalElement>");
    }

    fn value(&mut self, name: &str, value: &str) {
        // By what will stand there: a tab is white, but is written as what it is.
        if !harmless(value).trim().is_empty() {
            self.line(&format!(
                "<Attribute Name=\"{name}\" AttributeDataType=\"xs:string\"><Value>{}</Value></Attribute>",
                xml(value)
            ));
        }
    }

    fn attribute(&mut self, name: &str, value: &Option<Attribute<String>>) {
        if let Some(value) = value {
            self.value(name, &value.value);
        }
    }

    fn boundary(&mut self, name: &str, id: &str) {
        self.line(&format!(
            "<ExternalInterface Name=\"{name}\" ID=\"{}\" RefBaseClassPath=\"CofferdamInterfaceClassLib/ZoneBoundary\"/>",
            uuid(id)
        ));
    }

    /// A zone with all that lies in it; the depth is bounded by the nesting.
    fn zone(&mut self, nesting: &Nesting<'_>, zone: &Zone) {
        self.element(called(&zone.name, zone.id.as_str()), &zone_key(zone.id.as_str()));
        self.value("Id", zone.id.as_str());
        self.value("Kind", zone.kind.name());
        if let Some(parent) = &zone.parent {
            self.value("Parent", parent.as_str());
        }
        if let Some(target) = zone.sl_t {
            let levels = target.0.0.map(|level| level.to_string());
            self.value("SecurityLevelTarget", &levels.join(" "));
        }
        self.value("Owner", zone.owner.as_deref().unwrap_or_default());
        self.boundary("Boundary", &format!("boundary:{}", zone.id));
        for asset in nesting.assets(Some(&zone.id)) {
            self.asset(asset);
        }
        for inner in nesting.within(&zone.id) {
            self.zone(nesting, inner);
        }
        self.with_role("Zone", &[]);
    }

    fn asset(&mut self, asset: &Asset) {
        self.element(
            called(&asset.name, asset.id.as_str()),
            &format!("asset:{}", asset.id),
        );
        self.value("AssetId", asset.id.as_str());
        self.value("AssetName", &asset.name);
        self.value("Role", asset.role.value.name());
        self.attribute("Manufacturer", &asset.vendor);
        self.attribute("TypeName", &asset.product);
        self.attribute("OrderNumber", &asset.order_number);
        self.attribute("FirmwareVersion", &asset.firmware);
        self.attribute("SerialNumber", &asset.serial);
        for (n, interface) in asset.interfaces.iter().enumerate() {
            self.node(&format!("node:{}:{n}", asset.id), interface);
        }
        for (n, module) in asset.modules.iter().enumerate() {
            self.module(&format!("module:{}:{n}", asset.id), module);
        }
        self.with_role("Device", &[]);
    }

    fn node(&mut self, id: &str, interface: &Interface) {
        self.element("Node", id);
        self.value("Type", "Ethernet");
        for (name, value) in [
            ("NetworkAddress", interface.ip.map(|ip| ip.to_string())),
            ("PhysicalAddress", interface.mac.map(|mac| mac.to_string())),
            ("VlanId", interface.vlan.map(|vlan| vlan.to_string())),
        ] {
            self.value(name, value.as_deref().unwrap_or_default());
        }
        self.with_role("Node", &[]);
    }

    fn module(&mut self, id: &str, module: &Module) {
        self.element(module.product.as_deref().unwrap_or_default(), id);
        let slot = if harmless(&module.slot).trim().is_empty() {
            "-"
        } else {
            &module.slot
        };
        self.value("PositionNumber", slot);
        for (name, value) in [
            ("TypeName", &module.product),
            ("OrderNumber", &module.order_number),
            ("FirmwareVersion", &module.firmware),
            ("SerialNumber", &module.serial),
        ] {
            self.value(name, value.as_deref().unwrap_or_default());
        }
        self.with_role("DeviceItem", &[]);
    }

    fn conduit(&mut self, conduit: &Conduit) {
        let key = format!("conduit:{}", conduit.id);
        self.element(called(&conduit.name, conduit.id.as_str()), &key);
        self.value("Id", conduit.id.as_str());
        let protection: Vec<&str> = conduit.protection.iter().map(|each| each.name()).collect();
        self.value("Protection", &protection.join(" "));
        let mut zones: Vec<&str> = conduit.zones.iter().map(|zone| zone.as_str()).collect();
        zones.sort_unstable();
        zones.dedup();
        let mut links = Vec::new();
        for (n, zone) in zones.into_iter().enumerate() {
            self.boundary(&format!("End{n}"), &format!("{key}:{zone}"));
            links.push(format!(
                "<InternalLink Name=\"Link{n}\" RefPartnerSideA=\"{}:End{n}\" RefPartnerSideB=\"{}:Boundary\"/>",
                uuid(&key),
                uuid(&zone_key(zone))
            ));
        }
        self.with_role("Conduit", &links);
    }
}

fn zone_key(id: &str) -> String {
    format!("zone:{id}")
}
