/// How a line of a text came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Kept,
    Added,
    Removed,
}

/// The lines of both texts in order, by the longest common subsequence. For short texts:
/// the time grows with the product of their lines.
pub(super) fn lines<'a>(before: &'a str, after: &'a str) -> Vec<(Change, &'a str)> {
    let a: Vec<&str> = before.lines().collect();
    let b: Vec<&str> = after.lines().collect();
    let width = b.len() + 1;
    // common[i * width + j]: lines in common of a[i..] and b[j..].
    let mut common = vec![0_u32; (a.len() + 1) * width];
    let at = |common: &[u32], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    for (i, left) in a.iter().enumerate().rev() {
        for (j, right) in b.iter().enumerate().rev() {
            let best = if left == right {
                at(&common, i + 1, j + 1) + 1
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::with_capacity(a.len().max(b.len()));
    loop {
        match (a.get(i), b.get(j)) {
            (Some(left), Some(right)) if left == right => {
                out.push((Change::Kept, *right));
                i += 1;
                j += 1;
            }
            (Some(left), right) if right.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                out.push((Change::Removed, *left));
                i += 1;
            }
            (_, Some(right)) => {
                out.push((Change::Added, *right));
                j += 1;
            }
            _ => return out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_lines_stand_where_they_will_be() {
        let found = lines("{\n a\n}", "{\n a\n b\n}");
        assert_eq!(found, [(Change::Kept, "{"), (Change::Kept, " a"), (Change::Added, " b"), (Change::Kept, "}")]);
    }

    #[test]
    fn a_changed_line_is_removed_and_added() {
        assert_eq!(lines("a", "a,"), [(Change::Removed, "a"), (Change::Added, "a,")]);
        assert_eq!(lines("", "x"), [(Change::Added, "x")]);
    }
}
