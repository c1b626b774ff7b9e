//! Consumer groups: who holds which partition. Members keep what they hold as far as balance allows, so that a join or leave
//! moves little.

use super::partition::Topic;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use tokio::sync::Notify;

pub type MemberId = u64;
pub type PartitionKey = (u32, u32);

#[derive(Debug, Default)]
pub struct Groups(pub Mutex<BTreeMap<String, Group>>);

#[derive(Debug, Default)]
pub struct Group {
    members: BTreeMap<MemberId, Member>,
    /// Raised by every change.
    generation: u64,
    held: BTreeMap<PartitionKey, Holding>,
}

#[derive(Debug)]
struct Member {
    topics: BTreeMap<u32, Arc<Topic>>,
    wake: Arc<Notify>,
}

/// `since` tells a partition that was lost and came back from one that was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    pub member: MemberId,
    pub since: u64,
}

impl Group {
    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn join(&mut self, id: MemberId, topics: BTreeMap<u32, Arc<Topic>>, wake: Arc<Notify>) {
        self.members.insert(id, Member { topics, wake });
        self.rebalance();
    }

    pub fn leave(&mut self, id: MemberId) {
        self.members.remove(&id);
        self.rebalance();
    }

    pub fn holder(&self, partition: PartitionKey) -> Option<Holding> {
        self.held.get(&partition).copied()
    }

    pub fn held_by(&self, member: MemberId) -> Vec<(Arc<Topic>, u32, u64)> {
        let Some(own) = self.members.get(&member) else {
            return Vec::new();
        };
        let mine = self.held.iter().filter(|(_, holding)| holding.member == member);
        mine.filter_map(|(&(topic, partition), holding)| {
            own.topics
                .get(&topic)
                .map(|topic| (topic.clone(), partition, holding.since))
        })
        .collect()
    }

    fn rebalance(&mut self) {
        self.generation += 1;
        let topics: BTreeMap<u32, Arc<Topic>> =
            self.members.values().flat_map(|member| member.topics.clone()).collect();
        let mut total: BTreeMap<MemberId, usize> = self.members.keys().map(|id| (*id, 0)).collect();
        let mut held = BTreeMap::new();
        for topic in topics.values() {
            self.spread(topic, &mut total, &mut held);
        }
        self.held = held;
        self.members.values().for_each(|member| member.wake.notify_one());
    }

    /// Gives each partition of `topic` to a member that reads it: no member gets two more than another.
    fn spread(&self, topic: &Topic, total: &mut BTreeMap<MemberId, usize>, held: &mut BTreeMap<PartitionKey, Holding>) {
        let readers: BTreeSet<MemberId> = self
            .members
            .iter()
            .filter(|(_, member)| member.topics.contains_key(&topic.id))
            .map(|(id, _)| *id)
            .collect();
        let partitions = topic.partition_count() as usize;
        let (share, mut extra) = (partitions / readers.len().max(1), partitions % readers.len().max(1));
        let mut count: BTreeMap<MemberId, usize> = readers.iter().map(|id| (*id, 0)).collect();
        let mut open = Vec::new();
        for partition in 0..topic.partition_count() {
            let key = topic.key(partition);
            let keeper = self
                .held
                .get(&key)
                .and_then(|holding| Some((*holding, count.get_mut(&holding.member)?)));
            match keeper {
                Some((holding, have)) if *have < share || (*have == share && extra > 0) => {
                    extra -= usize::from(*have == share);
                    *have += 1;
                    held.insert(key, holding);
                }
                _ => open.push(key),
            }
        }
        for key in open {
            let load = |id: &&MemberId| (count.get(id).copied(), total[*id] + count[*id], **id);
            if let Some(member) = readers.iter().min_by_key(load).copied() {
                *count.entry(member).or_default() += 1;
                held.insert(
                    key,
                    Holding {
                        member,
                        since: self.generation,
                    },
                );
            }
        }
        for (member, count) in count {
            *total.entry(member).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::{Retention, TopicSpec};
    use proptest::prelude::*;

    fn topic(id: u32, partitions: u32) -> Arc<Topic> {
        let retention = Retention {
            bytes_max: None,
            age_max: None,
        };
        Arc::new(Topic::new(
            id,
            TopicSpec {
                name: format!("topic {id}"),
                partitions,
                retention,
            },
        ))
    }

    fn join(group: &mut Group, id: MemberId, topics: &[&Arc<Topic>]) {
        let topics = topics.iter().map(|topic| (topic.id, (*topic).clone())).collect();
        group.join(id, topics, Arc::default());
    }

    #[test]
    fn a_join_moves_only_what_balance_asks_for() {
        let (mut group, topic) = (Group::default(), topic(1, 6));
        join(&mut group, 1, &[&topic]);
        join(&mut group, 2, &[&topic]);
        let before = group.held_by(1);
        assert_eq!((before.len(), group.held_by(2).len()), (3, 3));
        join(&mut group, 3, &[&topic]);
        let kept: Vec<_> = group.held_by(1).iter().map(|held| (held.1, held.2)).collect();
        assert!(
            kept.iter()
                .all(|kept| before.iter().any(|held| (held.1, held.2) == *kept))
        );
        assert_eq!([1, 2, 3].map(|id| group.held_by(id).len()), [2, 2, 2]);
    }

    proptest! {
        #[test]
        fn every_partition_has_one_holder_and_shares_differ_by_one(
            steps in proptest::collection::vec((0u64..6, any::<bool>()), 1..30),
            partitions in 1u32..13,
        ) {
            let (first, second) = (topic(1, partitions), topic(2, 3));
            let mut group = Group::default();
            let mut present = BTreeSet::new();
            for (id, both) in steps {
                if present.remove(&id) {
                    group.leave(id);
                } else {
                    present.insert(id);
                    let topics = [&first, &second];
                    join(&mut group, id, if both { &topics } else { &topics[..1] });
                }
                let counts: Vec<_> = present.iter().map(|id| {
                    group.held_by(*id).iter().filter(|held| held.0.id == 1).count()
                }).collect();
                if !present.is_empty() {
                    prop_assert_eq!(counts.iter().sum::<usize>(), partitions as usize);
                    prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
                }
            }
        }
    }
}
