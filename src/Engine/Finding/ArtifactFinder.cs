using Omega.P2P.Federation;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Engine.Finding;

/// <summary>One artifact that an id may mean: here, or shown by a followed domain, or both.</summary>
/// <param name="Row">As a list shows it.</param>
/// <param name="Entry">Its catalog entry.</param>
/// <param name="IsKnownToStore">False when only a followed domain's catalog has it.</param>
internal sealed record FoundArtifact(ArtifactRow Row, SignedArtifact Entry, bool IsKnownToStore);

/// <summary>Resolves what people type into artifacts and domains.</summary>
internal sealed class ArtifactFinder(DomainStore store, FederationCore mesh)
{
    /// <summary>More candidates than this are not told apart.</summary>
    private const int CandidatesMax = 20;

    /// <summary>Domains that a name, petname, <c>dom:</c> id or prefix of one may mean.</summary>
    public IReadOnlyList<DomainId> Domains(string text)
    {
        var hex = text.StartsWith("dom:", StringComparison.Ordinal) ? text[4..] : text;
        var isPrefix = hex.Length is >= 4 and <= 64 && hex.All(char.IsAsciiHexDigitLower);
        var named = new List<(DomainId Id, string? Name, string? Petname)> { (store.DomainId, store.DomainName, null) };
        named.AddRange(mesh.FollowedDomains.Select(d => (d.Domain, (string?)d.ProposedName, d.Petname)));
        return
        [
            .. named.Where(d => d.Name == text || d.Petname == text || (isPrefix && d.Id.Hash.ToString()
                .StartsWith(hex, StringComparison.Ordinal))).Select(d => d.Id).Distinct(),
        ];
    }

    /// <summary>What a domain is called here: the owner's petname for it, else the name it proposes.</summary>
    public string NameOf(DomainId domain)
    {
        if (domain == store.DomainId) return store.DomainName;
        var followed = mesh.FollowedDomains.FirstOrDefault(d => d.Domain == domain);
        return followed is null ? domain.ToString() : followed.Petname ?? followed.ProposedName;
    }

    /// <summary>What all known domains are called here.</summary>
    public IReadOnlyDictionary<DomainId, string> Names()
    {
        var names = mesh.FollowedDomains.ToDictionary(d => d.Domain, d => d.Petname ?? d.ProposedName);
        names[store.DomainId] = store.DomainName;
        return names;
    }

    /// <summary>Everything an id may mean, the store's knowledge first; one item per artifact.</summary>
    public IReadOnlyList<FoundArtifact> Find(ParsedId id, DomainId? domain)
    {
        var found = store.Resolve(id, CandidatesMax)
            .Where(info => domain is null || info.Domain == domain)
            .Select(Here)
            .ToList();
        var seen = found.Select(f => (f.Row.Domain, f.Row.Key)).ToHashSet();
        foreach (var entry in Shown(domain).Where(e => Means(id, e.Entry)))
        {
            if (found.Count == CandidatesMax) break;
            if (seen.Add((entry.Domain, entry.Entry.Key))) found.Add(Elsewhere(entry));
        }

        return found;
    }

    /// <summary>Artifacts of a followed domain, each with what this store has of it.</summary>
    public IEnumerable<FoundArtifact> ListShown(DomainId domain) => Shown(domain).Select(Elsewhere);

    /// <summary>As a list shows it.</summary>
    public ArtifactRow RowOf(ArtifactInfo info) => RowOf(info, NameOf(info.Domain));

    /// <summary>As a list shows it, its domain being called so.</summary>
    public static ArtifactRow RowOf(ArtifactInfo info, string domainName) => new(
        info.Content, info.Key, info.Domain, domainName, info.Type, info.Brane, info.Size, info.CreatedUnixMs,
        info.Published.Count > 0 ? string.Join(',', info.Published) : info.Audience, AvailabilityOf(info.State))
    {
        RemovedUnixMs = info.RemovedUnixMs,
    };

    private FoundArtifact Here(ArtifactInfo info) =>
        SignedArtifact.TryDecode(info.Entry, out var entry, out var error)
            ? new FoundArtifact(RowOf(info), entry, IsKnownToStore: true)
            : throw new StoreDamagedException($"the entry of {info.Key} cannot be read: {error.Message}");

    private FoundArtifact Elsewhere((DomainId Domain, string Audience, SignedArtifact Entry) shown)
    {
        var entry = shown.Entry;
        var (attestation, receipt) = (entry.Attestations[0].Attestation, entry.Attestations[0].Receipt);
        var known = store.Resolve(new ParsedId(IdKind.Key, entry.Key.Hash.ToString()), CandidatesMax)
            .FirstOrDefault(info => info.Domain == shown.Domain);
        var row = new ArtifactRow(
            entry.Descriptor.Content, entry.Key, shown.Domain, NameOf(shown.Domain), entry.Descriptor.Type,
            attestation.Brane, entry.Descriptor.Size, receipt.ReceivedUnixMs, shown.Audience,
            known is null ? Availability.Evicted : AvailabilityOf(known.State));
        return new FoundArtifact(row, entry, known is not null);
    }

    private IEnumerable<(DomainId Domain, string Audience, SignedArtifact Entry)> Shown(DomainId? domain) =>
        from followed in mesh.FollowedDomains
        where domain is null || followed.Domain == domain
        from entry in mesh.Entries(followed.Domain)
        select (followed.Domain, entry.Audience, Decode(entry));

    private static SignedArtifact Decode(FollowedEntry entry) =>
        SignedArtifact.TryDecode(entry.Bytes.Span, out var decoded, out var error)
            ? decoded
            : throw new InvalidOperationException($"a verified entry cannot be read: {error.Message}");

    private static bool Means(ParsedId id, SignedArtifact entry) =>
        (id.Kind is IdKind.Any or IdKind.Content && id.Matches(entry.Descriptor.Content.Hash))
        || (id.Kind is IdKind.Any or IdKind.Key && id.Matches(entry.Key.Hash));

    private static Availability AvailabilityOf(ArtifactState state) => state switch
    {
        ArtifactState.Local => Availability.Local,
        ArtifactState.Partial => Availability.Partial,
        _ => Availability.Evicted,
    };
}
