//! DNP3's CRCs, put right before an input is run: a fuzzer's changes break them, and would then test nothing but that.

/// Start, length, control, addresses; its CRC follows.
const HEADER: usize = 8;
const CRC: usize = 2;
const BLOCK: usize = 16;
/// What a frame's length counts beside its data.
const COUNTED_HEADER: usize = 5;

/// Mends every frame in every turn of a script: see the dissectors' `testing::fuzz` for its form.
#[must_use]
pub fn script(input: &[u8]) -> Vec<u8> {
    let mut script = input.to_vec();
    let mut rest = script.as_mut_slice();
    while let [_, l0, l1, turns @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*l0, *l1])).min(turns.len());
        let (turn, next) = turns.split_at_mut(length);
        frames(turn);
        rest = next;
    }
    script
}

fn frames(mut turn: &mut [u8]) {
    while let [0x05, 0x64, length, ..] = turn {
        let Some(data) = usize::from(*length).checked_sub(COUNTED_HEADER) else {
            return;
        };
        if turn.len() < HEADER + CRC {
            return;
        }
        let (header, after) = turn.split_at_mut(HEADER + CRC);
        seal(header);
        let framed = (data + data.div_ceil(BLOCK) * CRC).min(after.len());
        let (blocks, next) = after.split_at_mut(framed);
        blocks.chunks_mut(BLOCK + CRC).for_each(seal);
        turn = next;
    }
}

/// Puts the CRC of what stands before the last two bytes there.
fn seal(block: &mut [u8]) {
    if let Some((bytes, sum)) = block.split_last_chunk_mut::<CRC>() {
        *sum = crc(bytes).to_le_bytes();
    }
}

/// Bit by bit, so that it shares nothing with the dissector's.
fn crc(bytes: &[u8]) -> u16 {
    let mut sum = 0u16;
    for byte in bytes {
        sum ^= u16::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xa6bc } else { sum >> 1 };
        }
    }
    !sum
}
