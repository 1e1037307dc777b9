namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>Every target by name.</summary>
internal static class AllTargets
{
    public static IReadOnlyList<FuzzTarget> List { get; } =
    [
        .. PrimitiveTargets.All(), .. NoteTargets.All(), .. TextTargets.All(),
        .. MessageTargets.All(), .. SessionTargets.All(), .. NetworkTargets.All(), .. StorageTargets.All(),
        .. PeerTargets.All(), .. IpfsTargets.All(), .. DiskTargets.All(), .. ProgramTargets.All(),
    ];

    public static FuzzTarget Named(string name) =>
        List.SingleOrDefault(t => t.Name == name)
        ?? throw new ArgumentException($"no target {name}; there are {string.Join(' ', List.Select(t => t.Name))}");
}
