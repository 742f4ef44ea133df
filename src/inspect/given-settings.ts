/** What the controller is told to go by, besides its configuration. */
export interface GivenSettings {
  /** Namespaces whose configuration objects count; `*` for all, empty: those of a controller that is told nothing. */
  readonly configNamespaces: readonly string[];
  /** Which Services are served; absent: those without a class. */
  readonly loadBalancerClass?: string;
  /** Nodes with the exclude label announce too. */
  readonly ignoreExcludeLabel: boolean;
}

export const DEFAULT_SETTINGS: GivenSettings = { configNamespaces: [], ignoreExcludeLabel: false };

/** What these arguments of a controller say, read as it reads them. */
export function settingsIn(args: readonly string[]): GivenSettings {
  const loadBalancerClass = valuesOf(args, '--lb-class').at(-1) ?? valuesOf(args, '--load-balancer-class').at(-1);
  return {
    configNamespaces: valuesOf(args, '--config-namespace'),
    ...(loadBalancerClass ? { loadBalancerClass } : {}),
    ignoreExcludeLabel: isSet(args, '--ignore-exclude-lb'),
  };
}

/** `--flag=value` and `--flag value`. */
export function valuesOf(args: readonly string[], flag: string): readonly string[] {
  return args.flatMap((argument, at) => {
    if (argument.startsWith(`${flag}=`)) return argument.slice(flag.length + 1);
    return argument === flag ? (args[at + 1] ?? []) : [];
  });
}

/** `--flag` alone is as good as `--flag=true`. @see https://pkg.go.dev/strconv#ParseBool */
function isSet(args: readonly string[], flag: string): boolean {
  const spelledOut = args.map((argument, at) => {
    const isAlone = argument === flag && (args[at + 1] ?? '-').startsWith('-');
    return isAlone ? `${flag}=true` : argument;
  });
  return /^(1|t|true)$/i.test(valuesOf(spelledOut, flag).at(-1) ?? '');
}

/** What a rehearsal goes by: what it is told itself, and for the rest what the controller is told. */
export function settingsFor(told: Partial<GivenSettings>, given: GivenSettings): GivenSettings {
  const { configNamespaces = [], loadBalancerClass = given.loadBalancerClass } = told;
  return {
    configNamespaces: configNamespaces.length > 0 ? configNamespaces : given.configNamespaces,
    // An empty name is no class, as for the controller.
    ...(loadBalancerClass ? { loadBalancerClass } : {}),
    ignoreExcludeLabel: told.ignoreExcludeLabel ?? given.ignoreExcludeLabel,
  };
}
