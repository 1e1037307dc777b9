using Omega.P2P.Federation.Exchange;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;

namespace Omega.P2P.Federation.Links;

/// <summary>
/// Where trusted peers may be reached: document <c>peer/PEER</c> = { addresses: [ text ] }, newest first, so many only.
/// What anybody on the network may have told takes the place of such words only, never of an address that the peer
/// itself told or was reached at: whoever floods the network with wrong addresses does not make a peer unreachable.
/// </summary>
internal sealed class AddressBook
{
    private const string Prefix = "peer/";
    private readonly Outbox _outbox;
    private readonly FederationLimits _limits;
    private readonly SortedDictionary<PeerId, List<string>> _addresses = [];
    private readonly Dictionary<PeerId, Hearsay> _hearsay = [];

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
        var told = addresses.Where(a => a.Length is > 0 and <= OmegaLimits.AddressBytes).ToList();
        if (_hearsay.TryGetValue(peer, out var heard))
            heard.Addresses.RemoveAll(told.Contains);
        Keep(peer, told.Concat(Of(peer)));
    }

    /// <summary>The same of what anybody may have told. False where it is nothing new, or comes too often.</summary>
    public bool TryHear(PeerId peer, IEnumerable<string> addresses)
    {
        if (!_hearsay.TryGetValue(peer, out var heard))
            _hearsay.Add(peer, heard = new Hearsay());
        var known = Of(peer);
        var told = addresses.Where(a => a.Length is > 0 and <= OmegaLimits.AddressBytes && !known.Contains(a))
            .Distinct(StringComparer.Ordinal).Take(_limits.HearsayPerPeer).ToList();
        if (told.Count == 0 || _outbox.Now.RunningMs < heard.NotBeforeMs)
            return false;
        heard.NotBeforeMs = _outbox.Now.RunningMs + (long)_limits.HearsayEvery.TotalMilliseconds;
        var dropped = heard.Addresses.Skip(_limits.HearsayPerPeer - told.Count).ToList();
        heard.Addresses.RemoveAll(dropped.Contains);
        heard.Addresses.InsertRange(0, told);
        // Of the others the oldest make room; those told by nobody else are as many as before.
        var others = known.Where(a => !dropped.Contains(a) && !heard.Addresses.Contains(a))
            .Take(_limits.AddressesPerPeer - heard.Addresses.Count);
        Keep(peer, heard.Addresses.Concat(others));
        return true;
    }

    private void Keep(PeerId peer, IEnumerable<string> addresses)
    {
        var known = Of(peer);
        var merged = addresses.Distinct(StringComparer.Ordinal).Take(_limits.AddressesPerPeer).ToList();
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
        _hearsay.Remove(peer);
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

    /// <summary>Words of anybody, newest first; those of earlier runs count as known.</summary>
    private sealed class Hearsay
    {
        public List<string> Addresses { get; } = [];

        public long NotBeforeMs { get; set; } = long.MinValue;
    }
}
