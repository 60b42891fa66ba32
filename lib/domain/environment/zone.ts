/** Time zones of the IANA database, as ECMA-402 names them. */

/** Whether the platform knows this zone; offsets such as `+01:00` are none, as they know no daylight saving. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false; // a RangeError (ECMA-402, "IsTimeZoneOffsetString" and "GetAvailableNamedTimeZoneIdentifier")
  }
}
