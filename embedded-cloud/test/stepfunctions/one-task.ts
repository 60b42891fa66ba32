export function one(
  integration: string,
  Arguments: Record<string, unknown>,
  fields: Record<string, unknown> = {},
) {
  const Only = { Type: 'Task', Resource: `arn:aws:states:::${integration}`, Arguments, End: true, ...fields };
  return { StartAt: 'Only', States: { Only } };
}
