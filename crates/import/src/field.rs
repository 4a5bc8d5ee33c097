//! What a column of a table can hold, and the words by which headings say so.

use crate::guess::letters;

/// What a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The asset's identifier or inventory number.
    Id,
    /// Its name.
    Name,
    /// Its zone's identifier or name.
    Zone,
    /// Its role.
    Role,
    /// Its maker.
    Vendor,
    /// Its product.
    Product,
    /// The maker's order or catalogue number.
    OrderNumber,
    /// Its firmware version.
    Firmware,
    /// Its operating system.
    Os,
    /// Its serial number.
    Serial,
    /// Its MAC addresses.
    Mac,
    /// Its IP addresses.
    Ip,
    /// The VLAN of the row's addresses.
    Vlan,
    /// The slot of a module: then the row's product, order number, firmware and serial number are the module's.
    Slot,
}

impl Field {
    /// Every field, in the order in which they are exported.
    pub const ALL: [Self; 14] = [
        Self::Id,
        Self::Name,
        Self::Zone,
        Self::Role,
        Self::Vendor,
        Self::Product,
        Self::OrderNumber,
        Self::Firmware,
        Self::Os,
        Self::Serial,
        Self::Mac,
        Self::Ip,
        Self::Vlan,
        Self::Slot,
    ];

    /// The word in mappings, headings of our own files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Zone => "zone",
            Self::Role => "role",
            Self::Vendor => "vendor",
            Self::Product => "product",
            Self::OrderNumber => "order-number",
            Self::Firmware => "firmware",
            Self::Os => "os",
            Self::Serial => "serial",
            Self::Mac => "mac",
            Self::Ip => "ip",
            Self::Vlan => "vlan",
            Self::Slot => "slot",
        }
    }

    /// Other headings for it, without spaces and signs, lower case.
    pub(crate) const fn synonyms(self) -> &'static [&'static str] {
        match self {
            Self::Id => &[
                "assetid",
                "assettag",
                "tag",
                "inventorynumber",
                "inventoryno",
                "assetnumber",
                "equipmentid",
                "inventarnummer",
                "deviceid",
            ],
            Self::Name => &[
                "assetname",
                "devicename",
                "hostname",
                "host",
                "device",
                "label",
                "stationname",
                "bezeichnung",
                "gerätename",
                "fqdn",
            ],
            Self::Zone => &["securityzone", "networkzone", "cell", "zonename"],
            Self::Role => &[
                "type",
                "devicetype",
                "assettype",
                "category",
                "class",
                "function",
                "gerätetyp",
                "devicerole",
            ],
            Self::Vendor => &["manufacturer", "maker", "make", "brand", "hersteller", "oem"],
            Self::Product => &[
                "model",
                "productname",
                "modelname",
                "modelnumber",
                "modell",
                "hardware",
            ],
            Self::OrderNumber => &[
                "ordernumber",
                "orderno",
                "ordercode",
                "partnumber",
                "partno",
                "catalognumber",
                "cataloguenumber",
                "catalogno",
                "mlfb",
                "articlenumber",
                "bestellnummer",
                "artikelnummer",
                "sku",
            ],
            Self::Firmware => &[
                "firmwareversion",
                "fw",
                "fwversion",
                "fwrev",
                "version",
                "softwareversion",
                "firmwarerevision",
                "revision",
            ],
            Self::Os => &["operatingsystem", "osname", "osversion", "betriebssystem"],
            Self::Serial => &["serialnumber", "serialno", "sn", "seriennummer"],
            Self::Mac => &[
                "macaddress",
                "macaddresses",
                "macs",
                "physicaladdress",
                "ethernetaddress",
                "hardwareaddress",
                "macadresse",
            ],
            Self::Ip => &[
                "ipaddress",
                "ipaddresses",
                "ips",
                "ipv4",
                "ipv4address",
                "ipv6",
                "address",
                "addresses",
                "ipadresse",
                "networkaddress",
                "managementip",
                "primaryip",
            ],
            Self::Vlan => &["vlanid", "vid", "vlantag"],
            Self::Slot => &["slotnumber", "moduleslot", "steckplatz", "positionnumber"],
        }
    }
}

/// The field that a heading says.
pub(crate) fn field_of(heading: &str) -> Option<Field> {
    let bare = letters(heading);
    let mut fields = Field::ALL.into_iter();
    fields.find(|field| letters(field.name()) == bare || field.synonyms().contains(&bare.as_str()))
}
