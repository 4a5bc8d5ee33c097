//! Where zones, assets and conduits stand in a drawing: the zones in bands from the enterprise down to safety, each
//! around its assets and the zones that lie in it. Whole numbers, so that every machine draws the same.

use cofferdam_plant::{Asset, Conduit, Plant, Zone, ZoneId, ZoneKind};
use std::collections::BTreeMap;

/// How deep zones are drawn in each other; a deeper one stands beside the others, with its parent named.
pub(crate) const MAX_NESTED: usize = 32;
/// The most assets that are drawn of a zone; of the rest their number is said.
pub(crate) const MAX_DRAWN_ASSETS: usize = 120;
/// The widest a band grows before the next zone starts a new row, in pixels.
const MAX_ROW: u32 = 1800;

pub(crate) const CHIP_WIDTH: u32 = 170;
pub(crate) const CHIP_HEIGHT: u32 = 36;
const CHIPS_A_ROW: usize = 3;
const GAP: u32 = 12;
const HEAD: u32 = 44;
const MARGIN: u32 = 40;
const BAND_GAP: u32 = 80;

/// Which zones lie directly in which, and which in none.
pub(crate) struct Nesting<'p> {
    pub(crate) outermost: Vec<&'p Zone>,
    inner: BTreeMap<&'p ZoneId, Vec<&'p Zone>>,
    assets: BTreeMap<&'p ZoneId, Vec<&'p Asset>>,
    /// Assets that are in no zone.
    loose: Vec<&'p Asset>,
}

impl<'p> Nesting<'p> {
    pub(crate) fn of(plant: &'p Plant) -> Self {
        let mut nesting = Self {
            outermost: Vec::new(),
            inner: BTreeMap::new(),
            assets: BTreeMap::new(),
            loose: Vec::new(),
        };
        for zone in plant.zones() {
            let depth = plant.lineage(&zone.id).count();
            match zone.parent.as_ref().filter(|_| depth % MAX_NESTED != 1) {
                Some(parent) => nesting.inner.entry(parent).or_default().push(zone),
                None => nesting.outermost.push(zone),
            }
        }
        for asset in plant.assets() {
            match &asset.zone {
                Some(zone) => nesting.assets.entry(zone).or_default().push(asset),
                None => nesting.loose.push(asset),
            }
        }
        nesting
    }

    pub(crate) fn within(&self, zone: &ZoneId) -> &[&'p Zone] {
        self.inner.get(zone).map_or(&[], Vec::as_slice)
    }

    /// The assets of a zone, or those of none.
    pub(crate) fn assets(&self, zone: Option<&ZoneId>) -> &[&'p Asset] {
        match zone {
            Some(zone) => self.assets.get(zone).map_or(&[], Vec::as_slice),
            None => &self.loose,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Rect {
    pub(crate) const fn centre(self) -> (u32, u32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }
}

/// A zone's frame; the one of assets that are in no zone has none.
pub(crate) struct Frame<'p> {
    pub(crate) zone: Option<&'p Zone>,
    /// The frame that it lies in.
    pub(crate) parent: Option<usize>,
    pub(crate) rect: Rect,
}

/// An asset, or how many more there are.
pub(crate) struct Chip<'p> {
    pub(crate) asset: Option<&'p Asset>,
    pub(crate) more: usize,
    pub(crate) frame: usize,
    pub(crate) rect: Rect,
}

/// A conduit: the point where its lines meet, and the frames that they go to.
pub(crate) struct Joint<'p> {
    pub(crate) conduit: &'p Conduit,
    pub(crate) at: (u32, u32),
    pub(crate) frames: Vec<usize>,
}

/// A whole drawing.
pub(crate) struct Drawing<'p> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) frames: Vec<Frame<'p>>,
    pub(crate) chips: Vec<Chip<'p>>,
    pub(crate) joints: Vec<Joint<'p>>,
}

/// The band of a kind of zone, from the top.
const fn band(kind: ZoneKind) -> usize {
    match kind {
        ZoneKind::External => 0,
        ZoneKind::Enterprise => 1,
        ZoneKind::Dmz => 2,
        ZoneKind::Operations => 3,
        ZoneKind::Supervisory | ZoneKind::Wireless | ZoneKind::Temporary => 4,
        ZoneKind::Control => 5,
        ZoneKind::Safety => 6,
    }
}

impl<'p> Drawing<'p> {
    pub(crate) fn of(plant: &'p Plant) -> Self {
        let nesting = Nesting::of(plant);
        let mut drawing = Self {
            width: 2 * MARGIN,
            height: 0,
            frames: Vec::new(),
            chips: Vec::new(),
            joints: Vec::new(),
        };
        let mut bands: BTreeMap<usize, Vec<Option<&Zone>>> = BTreeMap::new();
        for zone in &nesting.outermost {
            bands.entry(band(zone.kind)).or_default().push(Some(zone));
        }
        if !nesting.assets(None).is_empty() {
            bands.entry(usize::MAX).or_default().push(None);
        }
        let mut y = MARGIN;
        for zones in bands.into_values() {
            let (mut x, mut tallest) = (MARGIN, 0);
            for zone in zones {
                if x > MAX_ROW {
                    y += tallest + BAND_GAP;
                    (x, tallest) = (MARGIN, 0);
                }
                let rect = drawing.frame(&nesting, zone, None, (x, y));
                x = rect.x + rect.width + MARGIN;
                tallest = tallest.max(rect.height);
                drawing.width = drawing.width.max(x);
            }
            y += tallest + BAND_GAP;
        }
        drawing.height = y.saturating_sub(BAND_GAP) + MARGIN;
        drawing.join(plant);
        drawing
    }

    /// Draws a zone with all that lies in it; says how large it came out. The depth is bounded by the nesting.
    fn frame(
        &mut self,
        nesting: &Nesting<'p>,
        zone: Option<&'p Zone>,
        parent: Option<usize>,
        (x, y): (u32, u32),
    ) -> Rect {
        let own = self.frames.len();
        let mut rect = Rect {
            x,
            y,
            width: CHIP_WIDTH + 2 * GAP,
            height: HEAD,
        };
        self.frames.push(Frame { zone, parent, rect });
        let assets = nesting.assets(zone.map(|zone| &zone.id));
        let drawn = assets
            .iter()
            .take(MAX_DRAWN_ASSETS)
            .map(|asset| (Some(*asset), 0));
        let more = assets.len().saturating_sub(MAX_DRAWN_ASSETS);
        let rest = (more > 0).then_some((None, more));
        let mut below = y + HEAD;
        for (n, (asset, more)) in drawn.chain(rest).enumerate() {
            let column = n % CHIPS_A_ROW;
            if n > 0 && column == 0 {
                below += CHIP_HEIGHT + GAP;
            }
            let left = x + GAP + u32::try_from(column).unwrap_or_default() * (CHIP_WIDTH + GAP);
            let chip = Rect {
                x: left,
                y: below,
                width: CHIP_WIDTH,
                height: CHIP_HEIGHT,
            };
            rect.width = rect.width.max(left + CHIP_WIDTH + GAP - x);
            self.chips.push(Chip {
                asset,
                more,
                frame: own,
                rect: chip,
            });
        }
        if !assets.is_empty() {
            below += CHIP_HEIGHT + GAP;
        }
        for inner in zone.map_or(&[][..], |zone| nesting.within(&zone.id)) {
            let inner = self.frame(nesting, Some(inner), Some(own), (x + GAP, below));
            rect.width = rect.width.max(inner.width + 2 * GAP);
            below += inner.height + GAP;
        }
        rect.height = below - y;
        if let Some(frame) = self.frames.get_mut(own) {
            frame.rect = rect;
        }
        rect
    }

    /// Puts each conduit between its zones; conduits that would meet at one point are moved apart.
    fn join(&mut self, plant: &'p Plant) {
        let mut frames: BTreeMap<&ZoneId, usize> = BTreeMap::new();
        for (at, frame) in self.frames.iter().enumerate() {
            frames.extend(frame.zone.map(|zone| (&zone.id, at)));
        }
        let mut taken: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for conduit in plant.conduits() {
            let mut joined: Vec<usize> = conduit
                .zones
                .iter()
                .filter_map(|zone| frames.get(zone).copied())
                .collect();
            joined.sort_unstable();
            joined.dedup();
            let Ok(count) = u32::try_from(joined.len()) else {
                continue;
            };
            if count == 0 {
                continue;
            }
            let centres = joined.iter().filter_map(|at| self.frames.get(*at));
            let (x, y) = centres.fold((0, 0), |(x, y), frame| {
                let centre = frame.rect.centre();
                (x + centre.0 / count, y + centre.1 / count)
            });
            let here = taken.entry((x / 60, y / 30)).or_insert(0);
            let at = (x, y + *here * 18);
            *here += 1;
            self.joints.push(Joint {
                conduit,
                at,
                frames: joined,
            });
        }
    }
}

/// What people call a zone, an asset or a conduit: its name, else its identifier.
pub(crate) fn called<'a>(name: &'a str, id: &'a str) -> &'a str {
    if name.trim().is_empty() { id } else { name }
}

/// An address of an asset, for its second line.
pub(crate) fn address(asset: &Asset) -> String {
    let ip = asset.interfaces.iter().find_map(|interface| interface.ip);
    let mac = asset.interfaces.iter().find_map(|interface| interface.mac);
    match (ip, mac) {
        (Some(ip), _) => ip.to_string(),
        (None, Some(mac)) => mac.to_string(),
        (None, None) => String::new(),
    }
}
