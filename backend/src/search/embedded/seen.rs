//! A filter that says which ids are surely new.

/// A blocked Bloom filter over ids, which are hashes already: about 1.5 bytes per id, one false yes in a few hundred.
#[derive(Debug)]
pub struct SeenFilter {
    /// A power of two of them.
    blocks: Vec<[u64; 8]>,
    ids: usize,
}

const IDS_PER_BLOCK: usize = 42;

impl SeenFilter {
    pub fn with_room_for(ids: usize) -> Self {
        let blocks = (ids.max(100_000) / IDS_PER_BLOCK + 1).next_power_of_two();
        Self {
            blocks: vec![[0; 8]; blocks],
            ids: 0,
        }
    }

    pub fn is_full(&self) -> bool {
        self.ids > self.blocks.len() * IDS_PER_BLOCK
    }

    pub fn insert(&mut self, id: u128) {
        let at = self.block(id);
        if let Some(block) = self.blocks.get_mut(at) {
            for (word, bit) in bits(id) {
                block[word] |= bit;
            }
        }
        self.ids += 1;
    }

    /// False: surely never inserted.
    pub fn may_contain(&self, id: u128) -> bool {
        let block = self.blocks.get(self.block(id));
        block.is_none_or(|block| bits(id).all(|(word, bit)| block[word] & bit != 0))
    }

    fn block(&self, id: u128) -> usize {
        // Ids need not be good hashes when they come from elsewhere: mix once.
        let mixed = ((id >> 64) as u64 ^ id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 20) as usize & (self.blocks.len() - 1)
    }
}

/// One bit in each of the block's eight words.
fn bits(id: u128) -> impl Iterator<Item = (usize, u64)> {
    let mixed = (id as u64)
        .wrapping_add((id >> 64) as u64)
        .wrapping_mul(0xd6e8_feb8_6659_fd93);
    (0..8).map(move |word| (word, 1u64 << ((mixed >> (6 * word + 12)) & 63)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seen_id_is_never_called_new_and_few_new_ones_are_called_seen() {
        let mut filter = SeenFilter::with_room_for(200_000);
        let id = |n: u128| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        (0..200_000).for_each(|n| filter.insert(id(n)));
        assert!((0..200_000).all(|n| filter.may_contain(id(n))));
        let wrong = (200_000..400_000).filter(|n| filter.may_contain(id(*n))).count();
        assert!(wrong < 4_000, "{wrong} of 200000 new ids looked seen");
    }
}
