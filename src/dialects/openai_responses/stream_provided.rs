//! What is no text, no thought and no call, in a stream that is written.

use super::write_output::{Code, Provided, made, provided};
use super::write_stream::Told;
use crate::models::chat::Content;
use crate::models::streaming::{Delta, Opening};

impl Told {
    /// Opens a block; what has no place here is words, or nothing.
    pub(super) fn opened(&mut self, block: u32, opening: &Opening, out: &mut Vec<u8>) {
        let provided = self.provided(opening);
        if let Some(Provided::Printed(text, failed)) = provided {
            let open = self.ran.take_if(|(_, _, ran)| ran.output.is_none());
            self.run(out);
            self.kept += text.len();
            let output = Some((text, failed));
            let (block, opening, code) = match open {
                Some((block, opening, ran)) => (block, opening, ran.code),
                None => (block, opening.clone(), None),
            };
            self.ran = Some((block, opening, Code { code, output }));
            return;
        }
        self.run(out);
        match provided {
            Some(Provided::Nothing) => {}
            Some(Provided::Code(code)) => {
                self.kept += code.length();
                self.ran = Some((block, opening.clone(), code));
            }
            Some(Provided::Words(words)) => {
                self.open(block, &Opening::Text, None, out);
                self.delta(block, &Delta::Text(words), out);
            }
            provided => self.open(block, opening, provided, out),
        }
    }

    /// Writes code that has nothing more to say; its block is closed already.
    pub(super) fn run(&mut self, out: &mut Vec<u8>) {
        let Some((block, opening, ran)) = self.ran.take() else {
            return;
        };
        self.kept -= ran.length();
        self.open(block, &opening, Some(Provided::Code(ran)), out);
        self.close(block, out);
    }

    fn provided(&mut self, opening: &Opening) -> Option<Provided> {
        match opening {
            Opening::Server { family, raw } => Some(provided(*family, raw)),
            // Sound comes in many pieces, and is told of once.
            Opening::Media(content) if matches!(**content, Content::Audio(_)) => {
                let again = std::mem::replace(&mut self.sounds, true);
                Some(if again {
                    Provided::Nothing
                } else {
                    made(content)
                })
            }
            Opening::Media(content) => Some(made(content)),
            _ => None,
        }
    }
}
