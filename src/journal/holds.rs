//! The calls that are held: where their frames lie.

/// Where the frame of a running hold lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: u64,
    pub(super) offset: u64,
    pub(super) length: u32,
}

/// The running holds by a number that is used again.
#[derive(Debug, Default)]
pub(super) struct Holds {
    places: Vec<Option<Place>>,
    free: Vec<usize>,
}

impl Holds {
    pub(super) fn add(&mut self, place: Place) -> usize {
        if let Some(slot) = self.free.pop() {
            self.places[slot] = Some(place);
            slot
        } else {
            self.places.push(Some(place));
            self.places.len() - 1
        }
    }

    pub(super) fn remove(&mut self, slot: usize) {
        if self.places[slot].take().is_some() {
            self.free.push(slot);
        }
    }

    pub(super) fn put(&mut self, slot: usize, place: Place) {
        self.places[slot] = Some(place);
    }

    pub(super) fn get(&self, slot: usize) -> Option<Place> {
        self.places.get(slot).copied().flatten()
    }

    /// The holds whose frames lie in a segment.
    pub(super) fn within(&self, segment: u64) -> Vec<(usize, Place)> {
        let places = self.places.iter().enumerate();
        places
            .filter_map(|(slot, place)| place.map(|place| (slot, place)))
            .filter(|(_, place)| place.segment == segment)
            .collect()
    }

    /// How many calls are running.
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }
}
