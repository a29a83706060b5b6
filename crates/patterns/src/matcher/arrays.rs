//! Whether fields can be given values of which no two are in different elements of one array.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::error::EventError;
use super::found::{Found, Values};
use super::steps::Steps;

/// The elements around one value, the outermost first, each with its array.
pub(super) type Trail<'t> = &'t [(u32, u32)];

/// Whether each field can be given one of its values, together. Fields come as their values' trails.
///
/// Usually the values of a field are all within one array, and the answer takes time linear in their
/// number. Only where an event spells a path in several ways is there a choice to be tried.
///
/// # Errors
/// When that takes too many steps.
pub(super) fn agree(mut fields: Vec<Vec<Trail<'_>>>, steps: &mut Steps) -> Result<bool, EventError> {
    // A value outside of arrays agrees with every other.
    fields.retain(|trails| !trails.iter().any(|trail| trail.is_empty()));
    let several = fields.iter().position(|trails| {
        let mut arrays = trails.iter().filter_map(|trail| trail.first()).map(|(array, _)| array);
        arrays.next().is_some_and(|first| arrays.any(|array| array != first))
    });
    if let Some(place) = several {
        return choose_array(&fields, place, steps);
    }
    let mut by_array: BTreeMap<u32, Vec<Vec<Trail<'_>>>> = BTreeMap::new();
    for trails in fields {
        let Some((array, _)) = trails.first().and_then(|trail| trail.first()) else { return Ok(false) };
        by_array.entry(*array).or_default().push(trails);
    }
    for fields in by_array.values() {
        if !some_element_agrees(fields, steps)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The same where no array is within another one, and each field has its values in one array, which is how nearly
/// all events are; `None` elsewhere.
pub(super) fn agree_simply(values: &Values, fields: &[Vec<&Found>]) -> Option<bool> {
    // By array, the elements in which all of its fields so far have values.
    let mut common: Vec<(u32, Vec<u32>)> = Vec::new();
    for field in fields {
        let mut array = None;
        let mut elements = Vec::with_capacity(field.len());
        for found in field {
            let element = values.outermost(found)?;
            if *array.get_or_insert(element.array) != element.array {
                return None;
            }
            elements.push(element.place);
        }
        elements.sort_unstable();
        let array = array?;
        match common.iter_mut().find(|(known, _)| *known == array) {
            Some((_, shared)) => shared.retain(|element| elements.binary_search(element).is_ok()),
            None => common.push((array, elements)),
        }
    }
    Some(common.iter().all(|(_, shared)| !shared.is_empty()))
}

/// Tries each array in which a field has values.
fn choose_array(fields: &[Vec<Trail<'_>>], place: usize, steps: &mut Steps) -> Result<bool, EventError> {
    let Some(trails) = fields.get(place) else { return Ok(false) };
    let mut by_array: BTreeMap<u32, Vec<Trail<'_>>> = BTreeMap::new();
    for trail in trails {
        if let Some((array, _)) = trail.first() {
            by_array.entry(*array).or_default().push(trail);
        }
    }
    for trails in by_array.into_values() {
        steps.take(fields.iter().map(Vec::len).sum())?;
        let mut fields = fields.to_vec();
        if let Some(field) = fields.get_mut(place) {
            *field = trails;
        }
        if agree(fields, steps)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether one element of the array that all values are in has values for all fields.
fn some_element_agrees(fields: &[Vec<Trail<'_>>], steps: &mut Steps) -> Result<bool, EventError> {
    let mut by_element: BTreeMap<u32, Vec<Vec<Trail<'_>>>> = BTreeMap::new();
    for (number, trails) in fields.iter().enumerate() {
        steps.take(8 * trails.len())?;
        for trail in trails {
            let Some(((_, element), inside)) = trail.split_first() else { continue };
            let within = by_element.entry(*element).or_insert_with(|| alloc::vec![Vec::new(); fields.len()]);
            if let Some(trails) = within.get_mut(number) {
                trails.push(inside);
            }
        }
    }
    for within in by_element.into_values() {
        steps.take(fields.len())?;
        if within.iter().all(|trails| !trails.is_empty()) && agree(within, steps)? {
            return Ok(true);
        }
    }
    Ok(false)
}
