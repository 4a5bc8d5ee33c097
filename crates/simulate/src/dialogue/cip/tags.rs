//! What is asked of a Logix controller over a connection: tags read and written, the tag list and routines uploaded.

use super::super::Cx;
use crate::encode::cip::{self, Count, service};
use crate::encode::{le16, le32, len16, len32, sized_le16};

/// One question over a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagAsk {
    /// Six tags in one Multiple Service Packet.
    ReadMany,
    ReadOne,
    WriteOne,
    /// The list of tags: Get_Instance_Attribute_List of the Symbol class.
    Symbols,
    /// A piece of a routine: Read of the Routine class, with which engineering tools upload programs.
    Routine,
}

const TAGS: [&str; 6] = [
    "Oil_Temp",
    "Oil_Pressure",
    "N1_Speed",
    "N2_Speed",
    "Fuel_Flow",
    "Thrust.Value",
];
const GET_INSTANCES: u8 = 0x55;
const SYMBOL: u8 = 0x6b;
const ROUTINE: u8 = 0x6d;
/// Bytes of a routine in one answer.
const PIECE: usize = 400;

pub(super) fn question(cx: &mut Cx<'_>, ask: TagAsk, asked: u32, out: &mut Vec<u8>) {
    let number = usize::try_from(asked).unwrap_or_default();
    let tag = TAGS.get(number % TAGS.len()).copied().unwrap_or_default();
    match ask {
        TagAsk::ReadMany => {
            let parts: Vec<Vec<u8>> = TAGS.iter().map(|tag| whole(|out| read(out, tag))).collect();
            cip::multiple(out, &parts);
        }
        TagAsk::ReadOne => read(out, tag),
        TagAsk::WriteOne => {
            let value = cip::reals(&[reading(cx)], Count::Told);
            cip::request(out, service::WRITE_TAG, |out| cip::tag(out, tag), &value);
        }
        TagAsk::Symbols => {
            // Two attributes: name and type.
            let from = len16(number * 8);
            cip::request(
                out,
                GET_INSTANCES,
                |out| object(out, SYMBOL, from),
                &[2, 0, 1, 0, 2, 0],
            );
        }
        TagAsk::Routine => {
            let from = len16(number);
            cip::request(
                out,
                service::READ_TAG,
                |out| object(out, ROUTINE, from),
                &[0, 0, 0, 0, 0x90, 1],
            );
        }
    }
}

pub(super) fn answer(cx: &mut Cx<'_>, ask: TagAsk, out: &mut Vec<u8>) {
    match ask {
        TagAsk::ReadMany => {
            let parts: Vec<Vec<u8>> = TAGS
                .iter()
                .map(|_| whole(|out| value(out, reading(cx))))
                .collect();
            cip::multiple_answer(out, &parts);
        }
        TagAsk::ReadOne => value(out, reading(cx)),
        TagAsk::WriteOne => cip::response(out, service::WRITE_TAG, 0, &[]),
        TagAsk::Symbols => {
            let mut names = Vec::new();
            for (number, tag) in TAGS.iter().enumerate() {
                le32(&mut names, len32(number + 1));
                sized_le16(&mut names, |out| out.extend_from_slice(tag.as_bytes()));
                le16(&mut names, 0x00ca);
            }
            cip::response(out, GET_INSTANCES, 0, &names);
        }
        TagAsk::Routine => {
            let mut piece = Vec::new();
            cx.dice.fill(&mut piece, PIECE);
            cip::response(out, service::READ_TAG, 0, &piece);
        }
    }
}

fn whole(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut part = Vec::new();
    write(&mut part);
    part
}

fn read(out: &mut Vec<u8>, tag: &str) {
    cip::request(
        out,
        service::READ_TAG,
        |out| cip::tag(out, tag),
        &cip::elements(1),
    );
}

fn value(out: &mut Vec<u8>, reading: f32) {
    cip::response(out, service::READ_TAG, 0, &cip::reals(&[reading], Count::Absent));
}

/// A class with an instance of 16 bits.
fn object(out: &mut Vec<u8>, class: u8, instance: u16) {
    out.extend_from_slice(&[0x20, class, 0x25, 0x00]);
    le16(out, instance);
}

fn reading(cx: &mut Cx<'_>) -> f32 {
    80.0 + f32::from(cx.dice.word() % 1000) / 100.0
}
