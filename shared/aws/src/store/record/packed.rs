//! Canonical JSON made small: deflated behind a text that has the words which every record has, so that these cost nothing.

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output, create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::store::error::StoreError;

/// What stands before every text, by the first byte of what was packed behind it. One that was used is never changed:
/// another shape of records gets another.
const BEFORE: &[u8] = include_bytes!("inputs_1.txt");
const BEFORE_ID: u8 = 1;
/// The best that it does; negative window bits leave out header and checksum, for the hash is one.
const LEVEL: i32 = 9;
const RAW: i32 = -15;
/// More than a debtor's inputs come to that still fit an item when they are packed.
const UNPACKED_MAX: usize = 32 * 1024 * 1024;

/// Packs a text.
pub(crate) fn pack(text: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(LEVEL, RAW, 0));
    // What is told up to here is known to whoever unpacks it, so that it is left out.
    let (before, _) = compress_to_output(&mut compressor, BEFORE, TDEFLFlush::Sync, |_| true);
    let mut packed = vec![BEFORE_ID];
    let (done, _) = compress_to_output(&mut compressor, text, TDEFLFlush::Finish, |bytes| {
        packed.extend_from_slice(bytes);
        true
    });
    match (before, done) {
        (TDEFLStatus::Okay, TDEFLStatus::Done) => Ok(packed),
        other => Err(StoreError::corrupt("packed", format!("{other:?}"))),
    }
}

/// What [`pack`] packed.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let Some((&BEFORE_ID, mut left)) = packed.split_first() else {
        return Err(StoreError::corrupt("packed", "was packed by another version"));
    };
    let mut inflator = DecompressorOxide::new();
    let mut out = BEFORE.to_vec();
    let mut at = out.len();
    loop {
        out.resize(out.len().saturating_mul(2), 0);
        let (status, read, written) =
            decompress(&mut inflator, left, &mut out, at, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF);
        at = at.saturating_add(written);
        left = left.get(read..).unwrap_or_default();
        match status {
            TINFLStatus::Done => break,
            TINFLStatus::HasMoreOutput if out.len() < UNPACKED_MAX => {}
            other => return Err(StoreError::corrupt("packed", format!("{other:?}"))),
        }
    }
    out.truncate(at);
    out.drain(..BEFORE.len());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked_however_long() {
        for length in [0_u32, 1, 100, 5_000, 70_000, 900_000] {
            let text: Vec<u8> = (0..length).map(|n| b'a' + u8::try_from(n % 1_009 * n % 23).unwrap()).collect();
            assert_eq!(unpack(&pack(&text).unwrap()).unwrap(), text, "{length}");
        }
    }

    #[test]
    fn what_every_record_has_costs_next_to_nothing() {
        let packed = pack(BEFORE).unwrap().len();
        assert!(packed < 60, "{packed} bytes for {}", BEFORE.len());
    }

    #[test]
    fn what_is_damaged_or_of_another_version_is_refused() {
        let packed = pack(b"{\"debtor\":{}}").unwrap();
        for wrong in [&[][..], &packed[..packed.len() - 1], &[2, 3][..]] {
            assert!(unpack(wrong).is_err(), "{wrong:?}");
        }
    }
}
