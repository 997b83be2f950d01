//! Three nodes that hear of each other, or do not.

use super::*;

const LEASE: Millis = 4_000;

fn world(n: usize) -> WorldId {
    WorldId::new(&format!("w{n}")).unwrap()
}

fn worlds(n: usize) -> BTreeSet<WorldId> {
    (0..n).map(world).collect()
}

/// A node and what it holds.
struct Node {
    members: Members,
    held: BTreeSet<WorldId>,
}

impl Node {
    fn new(name: &str, run: u64, now: Millis) -> Self {
        let mut members = Members::new(name.to_owned(), run, 1_000 * run.cast_signed(), true, LEASE);
        members.connected(now);
        Self { members, held: BTreeSet::new() }
    }

    fn beat(&self) -> Beat {
        self.members.beat(self.held.iter().map(|world| (world.clone(), CommitNo::new(1))).collect())
    }
}

/// All nodes hear all others, then do what they plan; as many rounds as asked for, half a second apart.
fn run(nodes: &mut [Node], now: &mut Millis, rounds: usize, known: &BTreeSet<WorldId>) {
    for _ in 0..rounds {
        *now += BEAT_MS;
        let beats: Vec<Beat> = nodes.iter().map(Node::beat).collect();
        for node in &mut *nodes {
            for beat in &beats {
                node.members.heard(*now, beat.clone());
            }
        }
        let mut taken: Vec<(String, WorldId)> = Vec::new();
        for node in &mut *nodes {
            for step in node.members.plan(*now, &node.held, known) {
                match step {
                    Move::Adopt(world) => {
                        node.held.insert(world);
                    }
                    Move::Give(world, to) => {
                        node.held.remove(&world);
                        taken.push((to, world));
                    }
                    Move::Release(world) => {
                        node.held.remove(&world);
                    }
                }
            }
        }
        for (to, world) in taken {
            let node = nodes.iter_mut().find(|node| node.members.node == to).unwrap();
            node.held.insert(world);
        }
    }
}

fn holders(nodes: &[Node], world: &WorldId) -> usize {
    nodes.iter().filter(|node| node.held.contains(world)).count()
}

#[test]
fn every_world_is_held_once_and_the_load_is_spread() {
    let (known, mut now) = (worlds(200), 0);
    let mut nodes = vec![Node::new("a", 1, 0), Node::new("b", 2, 0), Node::new("c", 3, 0)];
    run(&mut nodes, &mut now, 6, &known);
    assert!(known.iter().all(|world| holders(&nodes, world) == 1));
    for node in &nodes {
        assert!((40..100).contains(&node.held.len()), "{} holds {}", node.members.node, node.held.len());
    }
}

#[test]
fn nobody_takes_a_world_before_having_listened() {
    let known = worlds(3);
    let node = Node::new("a", 1, 10_000);
    assert_eq!(node.members.plan(10_000 + SETTLE_MS - 1, &node.held, &known), []);
    assert_eq!(node.members.plan(10_000 + SETTLE_MS, &node.held, &known).len(), 3);
}

#[test]
fn a_node_that_comes_takes_its_share_and_no_other_world_moves() {
    let (known, mut now) = (worlds(100), 0);
    let mut nodes = vec![Node::new("a", 1, 0), Node::new("b", 2, 0)];
    run(&mut nodes, &mut now, 6, &known);
    let before: Vec<BTreeSet<WorldId>> = nodes.iter().map(|node| node.held.clone()).collect();
    nodes.push(Node::new("c", 3, now));
    run(&mut nodes, &mut now, 8, &known);
    assert!(known.iter().all(|world| holders(&nodes, world) == 1));
    assert!(nodes[2].held.len() > 15);
    for (node, before) in nodes.iter().zip(before) {
        assert!(node.held.is_subset(&before), "{} took what was not the newcomer's", node.members.node);
    }
}

#[test]
fn the_worlds_of_a_node_that_is_gone_fall_to_the_others_after_a_lease() {
    let (known, mut now) = (worlds(100), 0);
    let mut nodes = vec![Node::new("a", 1, 0), Node::new("b", 2, 0), Node::new("c", 3, 0)];
    run(&mut nodes, &mut now, 6, &known);
    let gone = nodes.remove(1);
    run(&mut nodes, &mut now, 8, &known);
    assert!(gone.held.iter().all(|world| holders(&nodes, world) == 0), "taken within the lease");
    run(&mut nodes, &mut now, 2, &known);
    assert!(known.iter().all(|world| holders(&nodes, world) == 1));
}

#[test]
fn a_node_that_leaves_gives_everything_away_at_once() {
    let (known, mut now) = (worlds(100), 0);
    let mut nodes = vec![Node::new("a", 1, 0), Node::new("b", 2, 0)];
    run(&mut nodes, &mut now, 6, &known);
    nodes[0].members.leave();
    run(&mut nodes, &mut now, 1, &known);
    assert!(nodes[0].held.is_empty());
    assert_eq!(nodes[1].held, known);
    run(&mut nodes, &mut now, 20, &known);
    assert_eq!(nodes[1].held, known);
}

#[test]
fn the_last_node_that_leaves_keeps_what_nobody_takes() {
    let (known, mut now) = (worlds(3), 0);
    let mut nodes = vec![Node::new("a", 1, 0)];
    run(&mut nodes, &mut now, 4, &known);
    nodes[0].members.leave();
    assert_eq!(nodes[0].members.plan(now + 1, &nodes[0].held, &known), []);
}

#[test]
fn without_the_bus_nothing_is_taken_from_anybody() {
    let (known, mut now) = (worlds(20), 0);
    let mut nodes = vec![Node::new("a", 1, 0), Node::new("b", 2, 0)];
    run(&mut nodes, &mut now, 6, &known);
    let alone = &mut nodes[0];
    alone.members.disconnected();
    now += 10 * LEASE;
    assert_eq!(alone.members.plan(now, &alone.held, &known), []);
    // Back again: everybody has a lease to be heard.
    alone.members.connected(now);
    assert_eq!(alone.members.plan(now + LEASE, &alone.held, &known), []);
    assert_ne!(alone.members.plan(now + LEASE + 1, &alone.held, &known), []);
}

#[test]
fn of_two_that_hold_a_world_the_one_to_whom_it_falls_keeps_it() {
    let (known, mut now) = (worlds(10), 0);
    let mut nodes = vec![Node::new("a", 1, 0), Node::new("b", 2, 0)];
    run(&mut nodes, &mut now, 6, &known);
    // Both think that everything is theirs, as after a pause of one of them.
    nodes[0].held = known.clone();
    nodes[1].held = known.clone();
    run(&mut nodes, &mut now, 2, &known);
    assert!(known.iter().all(|world| holders(&nodes, world) == 1));
}

#[test]
fn of_two_with_one_name_the_younger_gives_way() {
    let (mut old, mut young) = (Node::new("a", 1, 0), Node::new("a", 2, 0));
    assert_eq!(young.members.heard(1, old.beat()), Heard::NameTaken);
    assert_eq!(old.members.heard(1, young.beat()), Heard::New);
    assert_eq!(old.members.heard(1, old.beat()), Heard::Own);
}

#[test]
fn a_node_that_holds_no_worlds_by_its_role_is_given_none() {
    let known = worlds(5);
    let mut api = Members::new("api".to_owned(), 1, 0, false, LEASE);
    api.connected(0);
    assert_eq!(api.plan(60_000, &BTreeSet::new(), &known), []);
    assert_eq!(api.owner(60_000, &world(1)), None);
    let node = Node::new("a", 2, 0);
    api.heard(60_000, node.beat());
    assert_eq!(api.owner(60_000, &world(1)), Some("a"));
}
