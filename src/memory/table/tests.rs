use super::*;

fn keys(table: &Table<u32, &str>, list: List) -> Vec<u32> {
    table.oldest_first(list).map(|slot| slot.key).collect()
}

#[test]
fn an_entry_that_is_used_is_the_newest_of_its_list() {
    let mut table = Table::default();
    let [a, b, c] = [1, 2, 3].map(|key| table.insert(key, 0, "x"));
    table.place(a, 0);
    assert_eq!(keys(&table, 0), [2, 3, 1]);
    table.place(c, 1);
    assert_eq!((keys(&table, 0), keys(&table, 1)), (vec![2, 1], vec![3]));
    table.remove(b);
    assert_eq!((table.oldest(0), table.len(0), table.len(1)), (Some(a), 1, 1));
    table.insert(1, 1, "y");
    assert_eq!((keys(&table, 0), keys(&table, 1)), (vec![], vec![3, 1]));
    assert_eq!(table.get(&1), Some(&"y"));
}

#[test]
fn a_saved_table_is_the_same() {
    let mut table = Table::<u32, String>::default();
    table.insert(1, 0, "a".into());
    table.insert(2, 2, "b".into());
    table.insert(3, 0, "c".into());
    let saved = serde_json::to_string(&table).unwrap();
    assert_eq!(saved, r#"[[0,1,"a"],[0,3,"c"],[2,2,"b"]]"#);
    let loaded: Table<u32, String> = serde_json::from_str(&saved).unwrap();
    assert_eq!(serde_json::to_string(&loaded).unwrap(), saved);
}

proptest::proptest! {
    /// Whatever is done: the table as saved, with the changes since, is the table.
    #[test]
    fn changes_make_the_saved_table_the_one_that_is(
        actions in proptest::collection::vec((0_u8..6, 0_u32..12, 0_u8..3), 0..200)
    ) {
        let (mut table, mut copy) = (Table::<u32, u32>::default(), Table::<u32, u32>::default());
        for (n, (action, key, list)) in (0..).zip(actions) {
            match (action, table.find(&key)) {
                (0 | 1, _) => { table.insert(key, list, n); }
                (2, Some(at)) => { table[at] += 1; table.place(at, list); }
                (3, Some(at)) => { table.remove(at); }
                (4, _) => {
                    let saved = serde_json::to_string(&table.take_changes()).unwrap();
                    copy.apply(serde_json::from_str::<Changes<u32, u32>>(&saved).unwrap());
                    proptest::prop_assert_eq!(format!("{:?}", table.lists.map(|l| l.len)), format!("{:?}", copy.lists.map(|l| l.len)));
                    proptest::prop_assert_eq!(serde_json::to_string(&table).unwrap(), serde_json::to_string(&copy).unwrap());
                }
                (5, _) if n % 7 == 0 => {
                    copy = serde_json::from_str(&serde_json::to_string(&table).unwrap()).unwrap();
                    table.forget_changes();
                }
                _ => {}
            }
        }
    }
}
