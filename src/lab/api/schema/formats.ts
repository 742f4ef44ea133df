import { isIP } from 'node:net';

const FORMATS: Readonly<Record<string, (value: string) => boolean>> = {
  ipv4: (value) => isIP(value) === 4,
  ipv6: (value) => isIP(value) === 6,
  cidr: isCidr,
  'date-time': (value) => /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value),
  date: (value) => /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)),
  duration: (value) => /^[+-]?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$|^\d+ ?[a-z]+$/.test(value),
  uuid: (value) => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(value),
  byte: (value) => /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value),
  mac: (value) => /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(value),
  hostname: (value) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/i.test(value),
  uri: (value) => URL.canParse(value),
};

/** Whether a text is of an OpenAPI format; formats that are not enforced hold for every text. */
export function matchesFormat(value: string, format: string): boolean {
  return FORMATS[format]?.(value) ?? true;
}

export function isCidr(value: string): boolean {
  const [address = '', length = '', ...rest] = value.split('/');
  const family = isIP(address);
  return family !== 0 && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128);
}
