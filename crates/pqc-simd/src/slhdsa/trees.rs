//! Merkle trees on lanes (FIPS 205, algorithms 9 and 15): a lane computes a subtree, and the lanes are joined at the end.

use super::address::Address;
use super::family::{Family, MAX_LANES};
use super::params::MAX_FORS_HEIGHT;

/// One tree of several that are computed together.
#[derive(Clone, Copy)]
pub(crate) struct Tree {
    /// The address of its nodes.
    pub(crate) address: Address,
    /// The index of the first leaf; in FORS, the indices continue from tree to tree.
    pub(crate) first: u32,
    /// The leaf that signs, if its authentication path is wanted.
    pub(crate) target: Option<u32>,
}

/// The arrangement of trees in lanes.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// Lanes of a tree, a power of two.
    per_tree: usize,
    pub(crate) used: usize,
    /// The height of the subtree of a lane.
    below: usize,
    /// Whether the lanes are in reverse order, so that other lanes compute the same values.
    is_reversed: bool,
}

impl Layout {
    pub(crate) fn new(lanes: usize, trees: usize, height: usize, is_reversed: bool) -> Self {
        let per_tree = (lanes >> trees.next_power_of_two().trailing_zeros()).min(1 << height);
        let below = height - per_tree.trailing_zeros() as usize;
        Self { per_tree, used: per_tree * trees, below, is_reversed }
    }

    /// The lane of a subtree, counted from the first tree, or the subtree of a lane: the function is its own inverse.
    /// With an odd number of lanes, the middle lane keeps its subtree.
    fn lane(&self, subtree: usize) -> usize {
        if self.is_reversed { self.used - 1 - subtree } else { subtree }
    }

    /// The tree of a lane. It is public, but `make ct` allows no division while secrets are in use.
    pub(crate) fn tree(&self, lane: usize) -> usize {
        self.lane(lane) >> self.per_tree.trailing_zeros()
    }

    /// The leaf of a lane at a step, counted from the first of its tree.
    #[allow(clippy::cast_possible_truncation, reason = "the heights are at most 14")]
    pub(crate) fn leaf(&self, lane: usize, step: usize) -> u32 {
        (((self.lane(lane) & (self.per_tree - 1)) << self.below) + step) as u32
    }

    /// The index of the first leaf of each lane.
    pub(crate) fn first_indices(&self, trees: &[Tree]) -> [u32; MAX_LANES] {
        let mut indices = [0; MAX_LANES];
        for (lane, index) in indices[..self.used].iter_mut().enumerate() {
            *index = trees[self.tree(lane)].first + self.leaf(lane, 0);
        }
        indices
    }

    /// The trees that compute their signing leaf at a step, each with its lane.
    pub(crate) fn targets(&self, trees: &[Tree], step: usize) -> impl Iterator<Item = (usize, usize)> {
        trees.iter().enumerate().filter_map(move |(t, tree)| {
            let target = tree.target? as usize;
            (target & ((1 << self.below) - 1) == step)
                .then(|| (t, self.lane(t * self.per_tree + (target >> self.below))))
        })
    }

    /// The layout after each pair of lanes was joined.
    const fn joined(self) -> Self {
        Self { per_tree: self.per_tree / 2, used: self.used / 2, below: self.below + 1, ..self }
    }
}

/// Leaves of trees, and the nodes that are kept of a tree.
pub(crate) trait Leaves<F: Family> {
    fn begin(&mut self, layout: &Layout, trees: &[Tree]);
    /// The leaf of each lane at a step.
    fn leaf(&mut self, layout: &Layout, trees: &[Tree], step: usize, out: &mut F::Node);
    /// Takes a node of an authentication path.
    fn keep(&mut self, tree: usize, level: usize, node: &F::Node, lane: usize);
}

/// Computes trees of the same height: the root of tree t is in lane t of the result. One function for all kinds of leaves keeps the
/// library small.
#[allow(clippy::cast_possible_truncation, reason = "the heights are at most 14")]
#[inline(never)]
pub(crate) fn roots<F: Family>(
    f: F,
    keys: &F::Keys,
    leaves: &mut dyn Leaves<F>,
    height: usize,
    trees: &[Tree],
    is_reversed: bool,
) -> F::Node {
    let mut layout = Layout::new(F::LANES, trees.len(), height, is_reversed);
    let (below, mut addresses) = (layout.below, F::ZERO_ADDRESSES);
    for lane in 0..layout.used {
        F::set_address(&mut addresses, lane, &trees[layout.tree(lane)].address);
    }
    leaves.begin(&layout, trees);
    let first = layout.first_indices(trees);
    let mut stack = [F::ZERO_NODE; MAX_FORS_HEIGHT + 1];
    let mut node = F::ZERO_NODE;
    for step in 0..1_usize << below {
        leaves.leaf(&layout, trees, step, &mut node);
        let mut level = 0;
        loop {
            keep_siblings(leaves, &layout, trees, level, step >> level, &node);
            if level == below || step >> level & 1 == 0 {
                break;
            }
            level += 1;
            F::set_positions(&mut addresses, level as u32, &first.map(|first| (first + step as u32) >> level));
            let right = node;
            f.pair(keys, &addresses, &stack[level - 1], &right, &mut node, layout.used);
        }
        stack[level] = node;
    }
    for level in below + 1..=height {
        let (mut left, mut right, joined) = (F::ZERO_NODE, F::ZERO_NODE, layout.joined());
        gather(f, &node, &mut left, joined.used, &|lane| layout.lane(2 * joined.lane(lane)));
        gather(f, &node, &mut right, joined.used, &|lane| layout.lane(2 * joined.lane(lane) + 1));
        for lane in 0..joined.used {
            let tree = &trees[joined.tree(lane)];
            F::set_address(&mut addresses, lane, &tree.address);
            let index = (tree.first >> level) + joined.leaf(lane, 0) / (1 << level);
            F::set_position(&mut addresses, lane, level as u32, index);
        }
        layout = joined;
        f.pair(keys, &addresses, &left, &right, &mut node, layout.used);
        keep_siblings(leaves, &layout, trees, level, 0, &node);
    }
    let mut roots = F::ZERO_NODE;
    gather(f, &node, &mut roots, trees.len(), &|lane| layout.lane(lane));
    roots
}

/// Copies the nodes of some lanes to the first lanes. Not inlined: the compiler would keep each word of a node in a
/// variable.
#[inline(never)]
fn gather<F: Family>(f: F, from: &F::Node, to: &mut F::Node, count: usize, lane_of: &dyn Fn(usize) -> usize) {
    for lane in 0..count {
        f.copy(from, lane_of(lane), to.as_mut(), lane);
    }
}

/// Keeps the nodes of a level that are siblings of the paths from the targets: those with some index in the subtrees of the lanes.
fn keep_siblings<F: Family>(
    leaves: &mut dyn Leaves<F>,
    layout: &Layout,
    trees: &[Tree],
    level: usize,
    index: usize,
    node: &F::Node,
) {
    let above = layout.below - level;
    if above == 0 && layout.per_tree == 1 {
        return; // the roots
    }
    for (t, tree) in trees.iter().enumerate() {
        if let Some(target) = tree.target {
            let sibling = (target >> level) as usize ^ 1;
            if sibling & ((1 << above) - 1) == index {
                leaves.keep(t, level, node, layout.lane(t * layout.per_tree + (sibling >> above)));
            }
        }
    }
}
