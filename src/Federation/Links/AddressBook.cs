using Omega.P2P.Federation.Exchange;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;

namespace Omega.P2P.Federation.Links;

/// <summary>
/// Where trusted peers may be reached: document <c>peer/PEER</c> = { addresses: [ text ] }, newest first, so many only.
/// </summary>
internal sealed class AddressBook
{
    private const string Prefix = "peer/";
    private readonly Outbox _outbox;
    private readonly FederationLimits _limits;
    private readonly SortedDictionary<PeerId, List<string>> _addresses = [];

    public AddressBook(Outbox outbox, FederationLimits limits, IEnumerable<StoredDocument> documents)
    {
        _outbox = outbox;
        _limits = limits;
        foreach (var document in documents)
        {
            if (document.Key.StartsWith(Prefix, StringComparison.Ordinal)
                && PeerId.TryParse(document.Key.AsSpan(Prefix.Length), out var peer)
                && TryRead(document.Value.Span, limits.AddressesPerPeer, out var addresses))
                _addresses[peer] = addresses;
        }
    }

    public IReadOnlyList<string> Of(PeerId peer) => _addresses.TryGetValue(peer, out var known) ? known : [];

    /// <summary>Puts addresses before those known; writes only when something changed.</summary>
    public void Learn(PeerId peer, IEnumerable<string> addresses)
    {
        var known = Of(peer);
        var merged = addresses
            .Where(a => a.Length is > 0 and <= OmegaLimits.AddressBytes)
            .Concat(known)
            .Distinct(StringComparer.Ordinal)
            .Take(_limits.AddressesPerPeer)
            .ToList();
        if (merged.SequenceEqual(known))
            return;
        _addresses[peer] = merged;
        var writer = new CborWriter();
        writer.WriteMapStart(1);
        writer.WriteKey("addresses");
        writer.WriteArrayStart(merged.Count);
        foreach (var address in merged)
            writer.WriteText(address);
        _outbox.Put(Prefix + peer, writer.ToArray());
    }

    public void Forget(PeerId peer)
    {
        if (_addresses.Remove(peer))
            _outbox.Delete(Prefix + peer);
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, int countMax, out List<string> addresses)
    {
        addresses = [];
        var reader = new CborReader(bytes);
        return reader.TryReadMapStart(out var count) && count == 1 && reader.TryReadKey("addresses"u8)
            && OmegaDocument.TryReadTexts(ref reader, countMax, out addresses) && reader.TryFinish();
    }
}
