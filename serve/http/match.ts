/** @file Which route a request is for, by its method and path alone. */
import type { Route } from '../routes/route.js';

export interface Match {
  readonly route: Route;
  /** The parts of the path that the route names, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

export class Matcher {
  readonly #exact = new Map<string, Route[]>();
  readonly #patterns: { readonly parts: readonly string[]; readonly route: Route }[] = [];

  constructor(routes: readonly Route[]) {
    for (const route of routes)
      if (route.path.includes('{')) this.#patterns.push({ parts: route.path.split('/'), route });
      else this.#exact.set(route.path, [...(this.#exact.get(route.path) ?? []), route]);
  }

  /** The route; or the methods that the path has, where the method is another; or null where there is no such path. */
  find(method: string, path: string): Match | { readonly allow: readonly string[] } | null {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const found = this.#exact.get(path)?.map((route): Match => ({ route, params: {} })) ?? this.#patterns.flatMap((entry) => matched(entry, path));
    const match = found.find(({ route }) => route.method.toUpperCase() === wanted);
    if (match !== undefined) return match;
    if (found.length === 0) return null;
    return { allow: found.flatMap(({ route }) => (route.method === 'get' ? ['GET', 'HEAD'] : [route.method.toUpperCase()])) };
  }
}

function matched({ parts, route }: { readonly parts: readonly string[]; readonly route: Route }, path: string): Match[] {
  const given = path.split('/');
  if (given.length !== parts.length) return [];
  const params: Record<string, string> = {};
  for (const [i, part] of parts.entries()) {
    if (part.startsWith('{')) {
      const value = decoded(given[i]!);
      if (value === null || value === '') return [];
      params[part.slice(1, -1)] = value;
    } else if (part !== given[i]) return [];
  }
  return [{ route, params }];
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
