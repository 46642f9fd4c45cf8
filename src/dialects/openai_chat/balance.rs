//! How far the arguments of a call have come, without reading them.

/// Whether a text of arguments is a whole JSON object yet.
#[derive(Debug, Default)]
pub(super) struct Balance {
    depth: u32,
    quoted: bool,
    escaped: bool,
    begun: bool,
}

impl Balance {
    /// Whether anything was said yet.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether it began and every bracket is closed.
    pub(super) fn is_whole(&self) -> bool {
        self.begun && self.depth == 0 && !self.quoted
    }

    /// Reads on.
    pub(super) fn feed(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.quoted => self.escaped = true,
                b'"' => self.quoted = !self.quoted,
                _ if self.quoted => {}
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            self.begun |= !byte.is_ascii_whitespace();
        }
    }
}
