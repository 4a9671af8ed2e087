/** @file Which route a request is for, by its method and path alone. */
import type { Route } from '../routes/route.js';

export interface Match {
  readonly route: Route;
  /** The parts of the path that the route names, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route of a method and a path; exact paths by one look, those with parts by their number of parts. */
export class Matcher {
  readonly #exact = new Map<string, Route[]>();
  /** By how many parts they have. */
  readonly #patterns = new Map<number, Pattern[]>();

  constructor(routes: readonly Route[]) {
    for (const route of routes)
      if (route.path.includes('{')) {
        const parts = route.path.split('/');
        this.#patterns.set(parts.length, [...(this.#patterns.get(parts.length) ?? []), { parts, route }]);
      } else this.#exact.set(route.path, [...(this.#exact.get(route.path) ?? []), route]);
  }

  /** The route; or the methods that the path has, where the method is another; or null where there is no such path. */
  find(method: string, path: string): Match | { readonly allow: readonly string[] } | null {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const allow: string[] = [];
    const exact = this.#exact.get(path);
    if (exact !== undefined)
      for (const route of exact) {
        const methods = METHODS[route.method];
        if (methods.includes(wanted)) return { route, params: NONE };
        allow.push(...methods);
      }
    else {
      const given = path.split('/');
      for (const { parts, route } of this.#patterns.get(given.length) ?? []) {
        const params = paramsOf(parts, given);
        if (params === null) continue;
        const methods = METHODS[route.method];
        if (methods.includes(wanted)) return { route, params };
        allow.push(...methods);
      }
    }
    return allow.length === 0 ? null : { allow };
  }
}

const NONE: Match['params'] = {};
const METHODS: Readonly<Record<Route['method'], readonly string[]>> = { get: ['GET', 'HEAD'], post: ['POST'], delete: ['DELETE'] };

interface Pattern {
  readonly parts: readonly string[];
  readonly route: Route;
}

/** What stands where the pattern has braces; null where the rest differs. */
function paramsOf(parts: readonly string[], given: readonly string[]): Record<string, string> | null {
  for (let i = 0; i < parts.length; i++) if (parts[i] !== given[i] && !parts[i]!.startsWith('{')) return null;
  const params: Record<string, string> = {};
  for (let i = 0; i < parts.length; i++) {
    if (!parts[i]!.startsWith('{')) continue;
    const value = decoded(given[i]!);
    if (value === null || value === '') return null;
    params[parts[i]!.slice(1, -1)] = value;
  }
  return params;
}

function decoded(text: string): string | null {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
