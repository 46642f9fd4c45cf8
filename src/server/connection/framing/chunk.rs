//! A chunked body, followed byte by byte so that its end is known.

/// The longest line with a chunk's size.
pub(super) const MOST_CHUNK_LINE: usize = 256;

/// The largest trailer section.
const MOST_TRAILERS: usize = 8 * 1024;

/// Where in a chunked body the next byte belongs.
#[derive(Debug)]
pub(super) enum Chunk {
    /// In the line with the chunk's size, of which so many bytes came.
    Size {
        digits: u64,
        seen: usize,
        step: SizeStep,
    },
    /// In the chunk's data and the line end behind it.
    Data(u64),
    /// Behind the data: CR, then LF.
    DataEnd { cr: bool },
    /// In the trailers, with so many bytes so far; `line` counts those of this line.
    Trailer { seen: usize, line: usize, cr: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SizeStep {
    Digits,
    Extension,
    LineEnd,
}

impl Chunk {
    pub(super) fn start() -> Self {
        Self::Size {
            digits: 0,
            seen: 0,
            step: SizeStep::Digits,
        }
    }

    /// Reads on; gives how many bytes were used and whether the body ended with them. A fault
    /// gives how many bytes were good.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(usize, bool), usize> {
        let mut at = 0;
        while at < bytes.len() {
            if let Self::Data(left) = self {
                let here = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len() - at);
                at += here;
                *left -= here as u64;
                if *left == 0 {
                    *self = Self::DataEnd { cr: false };
                }
                continue;
            }
            let ended = self.step(bytes[at]).map_err(|()| at)?;
            at += 1;
            if ended {
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    /// Takes one byte outside of the data; tells whether the body ended with it.
    fn step(&mut self, byte: u8) -> Result<bool, ()> {
        match self {
            Self::Size { digits, seen, step } => {
                *seen += 1;
                if *seen > MOST_CHUNK_LINE {
                    return Err(());
                }
                match (*step, byte) {
                    (SizeStep::Digits, byte) if byte.is_ascii_hexdigit() => {
                        let digit = char::from(byte).to_digit(16).ok_or(())?;
                        *digits = digits
                            .checked_mul(16)
                            .and_then(|value| value.checked_add(u64::from(digit)))
                            .ok_or(())?;
                    }
                    (SizeStep::Digits, b';') if *seen > 1 => *step = SizeStep::Extension,
                    (SizeStep::Digits, b'\r') if *seen > 1 => *step = SizeStep::LineEnd,
                    (SizeStep::Extension, b'\r') => *step = SizeStep::LineEnd,
                    (SizeStep::Extension, byte) if byte >= b' ' && byte != 0x7f => {}
                    (SizeStep::LineEnd, b'\n') => {
                        *self = if *digits == 0 {
                            Self::Trailer {
                                seen: 0,
                                line: 0,
                                cr: false,
                            }
                        } else {
                            Self::Data(*digits)
                        };
                    }
                    _ => return Err(()),
                }
            }
            Self::DataEnd { cr } => match (*cr, byte) {
                (false, b'\r') => *cr = true,
                (true, b'\n') => *self = Self::start(),
                _ => return Err(()),
            },
            Self::Trailer { seen, line, cr } => {
                *seen += 1;
                if *seen > MOST_TRAILERS {
                    return Err(());
                }
                match (*cr, byte) {
                    (true, b'\n') if *line == 0 => return Ok(true),
                    (true, b'\n') => {
                        *line = 0;
                        *cr = false;
                    }
                    (true, _) | (false, b'\n') => return Err(()),
                    (false, b'\r') => *cr = true,
                    (false, _) => *line += 1,
                }
            }
            Self::Data(_) => {}
        }
        Ok(false)
    }
}
