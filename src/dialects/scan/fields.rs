//! Objects field by field, arrays item by item: by their spans, or all levels in one pass.

use super::values::is_named;
use super::{Fault, Scan};

/// A field of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialects) struct Field<'a> {
    /// Its name as written between the quotes, escapes and all.
    pub(in crate::dialects) name: &'a [u8],
    /// Its value as written.
    pub(in crate::dialects) value: &'a [u8],
    /// Where the value begins in the text.
    pub(in crate::dialects) start: usize,
}

/// Going through nested values in one pass: whoever is handed a place goes past its value.
impl<'a> Scan<'a> {
    /// Goes past a value that stands `depth` levels deep and gives it.
    pub(in crate::dialects) fn take(&mut self, depth: u32) -> Result<&'a [u8], Fault> {
        self.peek()?;
        let start = self.at();
        self.value(depth)?;
        Ok(self.since(start))
    }

    /// Hands over the name of each field of an object; any other value is gone past.
    pub(in crate::dialects) fn object(
        &mut self,
        depth: u32,
        mut each: impl FnMut(&mut Self, &'a [u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.peek()? != b'{' {
            return self.value(depth);
        }
        self.pass();
        if self.peek()? == b'}' {
            self.pass();
            return Ok(());
        }
        loop {
            let name = self.string()?;
            self.expect(b':')?;
            each(self, name)?;
            let next = self.peek()?;
            self.pass();
            match next {
                b',' => {}
                b'}' => return Ok(()),
                _ => return Err(Fault::Syntax),
            }
        }
    }

    /// Hands over the place of each item of an array; any other value is gone past. Tells whether
    /// it was an array.
    pub(in crate::dialects) fn array(
        &mut self,
        depth: u32,
        mut each: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        if self.peek()? != b'[' {
            return self.value(depth).map(|()| false);
        }
        self.pass();
        if self.peek()? == b']' {
            self.pass();
            return Ok(true);
        }
        loop {
            each(self)?;
            let next = self.peek()?;
            self.pass();
            match next {
                b',' => {}
                b']' => return Ok(true),
                _ => return Err(Fault::Syntax),
            }
        }
    }
}

/// The fields of an object, one after the other.
#[derive(Debug)]
pub(in crate::dialects) struct Fields<'a> {
    scan: Scan<'a>,
    open: usize,
    first: bool,
}

impl<'a> Fields<'a> {
    /// The fields of the object that a text is; `None` when it is something else.
    pub(in crate::dialects) fn of(text: &'a [u8]) -> Result<Option<Self>, Fault> {
        let mut scan = Scan::new(text);
        if scan.peek()? != b'{' {
            return Ok(None);
        }
        scan.pass();
        Ok(Some(Self {
            open: scan.at(),
            scan,
            first: true,
        }))
    }

    /// Where the first field would begin.
    pub(in crate::dialects) const fn open(&self) -> usize {
        self.open
    }

    /// The scanner, for what it noticed on its way.
    pub(in crate::dialects) const fn scan(&self) -> &Scan<'a> {
        &self.scan
    }

    /// The next field; `None` at the end of the object, after which nothing may follow.
    pub(in crate::dialects) fn next(&mut self) -> Result<Option<Field<'a>>, Fault> {
        let byte = self.scan.peek()?;
        if byte == b'}' {
            self.scan.pass();
            self.scan.end()?;
            return Ok(None);
        }
        if !self.first {
            if byte != b',' {
                return Err(Fault::Syntax);
            }
            self.scan.pass();
        }
        self.first = false;
        let name = self.scan.string()?;
        self.scan.expect(b':')?;
        self.scan.peek()?;
        let start = self.scan.at();
        self.scan.value(1)?;
        Ok(Some(Field {
            name,
            value: self.scan.since(start),
            start,
        }))
    }
}

/// The items of an array that is known to be JSON, one after the other.
#[derive(Debug)]
pub(in crate::dialects) struct Items<'a> {
    scan: Scan<'a>,
}

impl<'a> Items<'a> {
    /// The items of the array that a text is; none when it is something else.
    pub(in crate::dialects) fn of(text: &'a [u8]) -> Self {
        let mut scan = Scan::new(text);
        if scan.peek() == Ok(b'[') {
            scan.pass();
        } else {
            scan = Scan::new(&[]);
        }
        Self { scan }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match self.scan.peek().ok()? {
            b']' => return None,
            b',' => self.scan.pass(),
            _ => {}
        }
        self.scan.peek().ok()?;
        let start = self.scan.at();
        self.scan.value(1).ok()?;
        Some(self.scan.since(start))
    }
}

/// The field of an object by its name, the last one where it is repeated.
pub(in crate::dialects) fn field<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut fields = Fields::of(object).ok()??;
    let mut found = None;
    while let Some(field) = fields.next().ok()? {
        if is_named(field.name, name) {
            found = Some(field.value);
        }
    }
    found
}
