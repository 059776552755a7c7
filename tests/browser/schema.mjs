// As much of JSON Schema (2020-12) as our published documents use; a word that it does not know is an error.
const kinds = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const lettersOf = (text) => [...text].length;

/** Each rule: whether `value` obeys `wanted`; rules about other kinds of values always hold. */
const rules = {
  type: (value, wanted) => [wanted].flat().some((kind) => kinds[kind](value)),
  const: same,
  enum: (value, wanted) => wanted.some((one) => same(one, value)),
  pattern: (value, wanted) => !kinds.string(value) || new RegExp(wanted, 'u').test(value),
  minLength: (value, wanted) => !kinds.string(value) || lettersOf(value) >= wanted,
  maxLength: (value, wanted) => !kinds.string(value) || lettersOf(value) <= wanted,
  minimum: (value, wanted) => !kinds.number(value) || value >= wanted,
  maximum: (value, wanted) => !kinds.number(value) || value <= wanted,
  maxItems: (value, wanted) => !kinds.array(value) || value.length <= wanted,
  items: (value, wanted, root) =>
    !kinds.array(value) || value.every((one) => fits(one, wanted, root)),
  required: (value, wanted) => !kinds.object(value) || wanted.every((name) => name in value),
  properties: (value, wanted, root) =>
    !kinds.object(value) ||
    Object.entries(wanted).every(([name, one]) => !(name in value) || fits(value[name], one, root)),
  oneOf: (value, wanted, root) => wanted.filter((one) => fits(value, one, root)).length === 1,
  $ref: (value, wanted, root) => {
    const path = wanted.replace(/^#\//, '').split('/');
    return fits(
      value,
      path.reduce((at, name) => at[name], root),
      root,
    );
  },
  additionalProperties: () => true, // below, with `properties`
  description: () => true,
  format: () => true,
};

export function fits(value, schema, root) {
  const hasMore =
    schema.additionalProperties === false &&
    kinds.object(value) &&
    Object.keys(value).some((name) => !(name in (schema.properties ?? {})));
  return (
    !hasMore && Object.entries(schema).every(([word, wanted]) => rules[word](value, wanted, root))
  );
}
