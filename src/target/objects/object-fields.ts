import type { Layout } from '../../python/layout.js';

/**
 * Where things are inside objects, and in which of its forms a version keeps them. Chosen once per target, so that
 * what reads objects has no version test.
 */
export function objectFields(layout: Layout) {
  const { field, minor, freeThreaded } = layout;
  return {
    typePointer: field('PyObject', 'ob_type'),
    objectSize: field('PyObject', 'sizeof'),
    varSize: field('PyVarObject', 'ob_size'),
    type: typeFields(layout),
    text: textFields(layout),
    integer: integerFields(layout),
    dict: dictFields(layout),
    bytesStart: field('PyBytesObject', 'ob_sval'),
    byteArrayStart: field('PyByteArrayObject', 'ob_start'),
    floatValue: field('PyFloatObject', 'ob_fval'),
    complexValue: field('PyComplexObject', 'cval'),
    tupleItems: field('PyTupleObject', 'ob_item'),
    listItems: field('PyListObject', 'ob_item'),
    set: {
      used: field('PySetObject', 'used'),
      mask: field('PySetObject', 'mask'),
      table: field('PySetObject', 'table'),
    },
    cellValue: field('PyCellObject', 'ob_ref'),
    functionQualname: field('PyFunctionObject', 'func_qualname'),
    generatorQualname: field('PyGenObject', 'gi_qualname'),
    codeName: field('PyCodeObject', 'co_name'),
    method: { function: field('PyMethodObject', 'im_func'), self: field('PyMethodObject', 'im_self') },
    builtin: {
      definition: field('PyCFunctionObject', 'm_ml'),
      self: field('PyCFunctionObject', 'm_self'),
      name: field('PyMethodDef', 'ml_name'),
    },
    exceptionArguments: field('PyBaseExceptionObject', 'args'),
    slice: field('PySliceObject', 'start'),
    dateTime: dateTimeFields(layout),
    attributes: attributeForm(minor),
    // PyManagedDictPointer stands before the object and its GC header, which free-threaded builds lack
    // (MANAGED_DICT_OFFSET in internal/pycore_object.h).
    managedDict: freeThreaded ? -8 : -24,
  } as const;
}

export type ObjectFields = ReturnType<typeof objectFields>;

/**
 * How instances keep their attributes: a dict at tp_dictoffset (to 3.10; later for types that are not managed);
 * beside it two pointers, to values or to a dict (3.11); one pointer whose low bit tells which (3.12); a dict, or
 * else values inside the object (3.13+).
 */
export type AttributeForm = 'dict' | 'two-pointers' | 'tagged-pointer' | 'inline';

function attributeForm(minor: number): AttributeForm {
  if (minor <= 10) return 'dict';
  if (minor === 11) return 'two-pointers';
  return minor === 12 ? 'tagged-pointer' : 'inline';
}

function typeFields({ field }: Layout) {
  const type = (name: string) => field('PyTypeObject', name);
  return {
    size: type('sizeof'),
    name: type('tp_name'),
    basicSize: type('tp_basicsize'),
    itemSize: type('tp_itemsize'),
    flags: type('tp_flags'),
    dictOffset: type('tp_dictoffset'),
    dict: type('tp_dict'),
    base: type('tp_base'),
    mro: type('tp_mro'),
    qualname: field('PyHeapTypeObject', 'ht_qualname'),
    cachedKeys: field('PyHeapTypeObject', 'ht_cached_keys'),
    member: {
      size: field('PyMemberDef', 'sizeof'),
      name: field('PyMemberDef', 'name'),
      type: field('PyMemberDef', 'type'),
      offset: field('PyMemberDef', 'offset'),
    },
  };
}

function textFields({ field }: Layout) {
  return {
    length: field('PyASCIIObject', 'length'),
    state: field('PyASCIIObject', 'state'),
    asciiStart: field('PyASCIIObject', 'sizeof'),
    compactStart: field('PyCompactUnicodeObject', 'sizeof'),
    pointer: field('PyUnicodeObject', 'data'),
    // To 3.11 a string can still be one of wchar_t that was never made ready: `kind` is 0.
    wide: field('PyASCIIObject', 'wstr'),
    wideLength: field('PyCompactUnicodeObject', 'wstr_length'),
  };
}

function integerFields({ field }: Layout) {
  const tag = field('PyLongObject', 'long_value.lv_tag');
  const tagged = tag >= 0;
  return {
    // 3.12+: lv_tag has the sign in its low two bits, the number of digits above three (internal/pycore_long.h);
    // before, ob_size is the number of digits with the integer's sign.
    signInTag: tagged,
    head: tagged ? tag : field('PyVarObject', 'ob_size'),
    digits: tagged ? field('PyLongObject', 'long_value.ob_digit') : field('PyLongObject', 'ob_digit'),
  };
}

function dictFields({ field }: Layout) {
  const keys = (name: string) => field('PyDictKeysObject', name);
  return {
    used: field('PyDictObject', 'ma_used'),
    keys: field('PyDictObject', 'ma_keys'),
    values: field('PyDictObject', 'ma_values'),
    // To 3.10 the table's size is stored, later its logarithm; the entries follow the indices.
    tableSize: keys('dk_size'),
    log2IndexBytes: keys('dk_log2_index_bytes'),
    kind: keys('dk_kind'),
    entryCount: keys('dk_nentries'),
    indices: keys('dk_indices'),
    entry: {
      size: field('PyDictKeyEntry', 'sizeof'),
      key: field('PyDictKeyEntry', 'me_key'),
      value: field('PyDictKeyEntry', 'me_value'),
    },
    textEntry: {
      size: field('PyDictUnicodeEntry', 'sizeof'),
      key: field('PyDictUnicodeEntry', 'me_key'),
      value: field('PyDictUnicodeEntry', 'me_value'),
    },
    // 3.13+: PyDictValues has a head, and the order of insertion behind the values; 3.11 and 3.12: before them.
    valuesStart: field('PyDictValues', 'values'),
    valuesCapacity: field('PyDictValues', 'capacity'),
    valuesSize: field('PyDictValues', 'size'),
    valuesValid: field('PyDictValues', 'valid'),
    hasOrder: field('PyDictValues', 'values') >= 0,
  };
}

function dateTimeFields({ field }: Layout) {
  return {
    date: field('PyDateTime_Date', 'data'),
    time: field('PyDateTime_Time', 'data'),
    timeHasZone: field('PyDateTime_Time', 'hastzinfo'),
    timeZone: field('PyDateTime_Time', 'tzinfo'),
    dateTime: field('PyDateTime_DateTime', 'data'),
    dateTimeHasZone: field('PyDateTime_DateTime', 'hastzinfo'),
    dateTimeZone: field('PyDateTime_DateTime', 'tzinfo'),
    days: field('PyDateTime_Delta', 'days'),
    seconds: field('PyDateTime_Delta', 'seconds'),
    microseconds: field('PyDateTime_Delta', 'microseconds'),
  };
}
