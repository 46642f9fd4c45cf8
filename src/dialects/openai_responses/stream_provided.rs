//! What is no text, no thought and no call, in a stream that is written.

use super::write_output::{Provided, made, provided};
use super::write_stream::Told;
use crate::models::chat::Content;
use crate::models::streaming::{Delta, Opening};

impl Told {
    /// Opens a block; what has no place here is words, or nothing.
    pub(super) fn opened(&mut self, block: u32, opening: &Opening, out: &mut Vec<u8>) {
        let provided = self.provided(opening);
        if let (Some(Provided::Printed(text, failed)), Some((_, _, ran))) =
            (&provided, &mut self.ran)
        {
            ran.output = Some((text.clone(), *failed));
            self.kept += text.len();
        }
        self.run(out);
        match provided {
            Some(Provided::Printed(..) | Provided::Nothing) => {}
            Some(Provided::Code(code)) => {
                self.kept += code.code.len();
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
        let printed = ran.output.as_ref().map_or(0, |(text, _)| text.len());
        self.kept -= ran.code.len() + printed;
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
