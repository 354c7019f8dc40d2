//! Bodies of answers within bounds: a page is at most so large after it was
//! unpacked, and not many times larger than what came over the wire.

use std::io::Read as _;

use flate2::read::GzDecoder;

/// Largest page, packed or not.
const LARGEST: usize = 32 << 20;
/// How many times larger than its packed form a page may be.
const RATIO: usize = 200;
/// Below this size the ratio says nothing.
const SMALL: usize = 1 << 20;

/// Reads a body to its end.
pub(super) async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let packed = match response.headers().get(reqwest::header::CONTENT_ENCODING) {
        None => false,
        Some(value) if value.as_bytes().eq_ignore_ascii_case(b"identity") => false,
        Some(value) if value.as_bytes().eq_ignore_ascii_case(b"gzip") => true,
        Some(_) => return Err("it is packed in a way that was not asked for".to_owned()),
    };
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => break,
            Ok(Some(chunk)) => {
                if bytes.len() + chunk.len() > LARGEST {
                    return Err(format!("it is larger than {} MiB", LARGEST >> 20));
                }
                bytes.extend_from_slice(&chunk);
            }
            Err(_) => return Err("it was cut off".to_owned()),
        }
    }
    if packed { unpack(&bytes) } else { Ok(bytes) }
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let most = LARGEST.min(SMALL.max(bytes.len().saturating_mul(RATIO)));
    let mut out = Vec::new();
    GzDecoder::new(bytes)
        .take(most as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|_| "it could not be unpacked".to_owned())?;
    if out.len() > most {
        return Err(format!(
            "it unpacks to more than {RATIO} times its size, or more than {} MiB",
            LARGEST >> 20
        ));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::unpack;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).expect("packed");
        packer.finish().expect("packed")
    }

    #[test]
    fn pages_unpack_and_bombs_do_not() {
        assert_eq!(unpack(&gzip(b"{}")), Ok(b"{}".to_vec()));
        assert!(unpack(&gzip(&vec![b' '; 64 << 20])).is_err());
        assert!(unpack(&gzip(&vec![b' '; 8 << 20])).is_err());
        let whole = gzip(b"{\"value\":[]}");
        assert!(unpack(&whole[..whole.len() / 2]).is_err());
    }
}
