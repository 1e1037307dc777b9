using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.Tests.Notes;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Protocol.Omega.Join;
using Omega.P2P.Protocol.Tests.Omega;
using Omega.P2P.Protocol.Tests.Support;
using Omega.P2P.Storage.Encryption;
using Text = System.Text.Encoding;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>What people type and paste. What parses has to survive being written and parsed again.</summary>
internal static class TextTargets
{
    private delegate string? TextBody(string text);

    public static IEnumerable<FuzzTarget> All()
    {
        var id = ContentId.From(Blake3.Hash([1]));
        using var key = TestKeys.Key(3);
        using var age = AgeIdentity.Generate(new SeededRandom(8));
        var verifier = NoteVerifierKey.Create("example.com/log", NoteAlgorithm.Ed25519, key.PublicKey);
        return
        [
            Of("id-text", [id.ToString(), id.ToCid().ToString(), "blk:" + id.ToString()[3..], "9af2"],
                t => IdText.TryParse(t, out var parsed)
                    ? Again(IdText.TryParse(parsed.HexPrefix, out var again) && again.HexPrefix == parsed.HexPrefix)
                    : null),
            Of("cid-text", [id.ToCid().ToString(), "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"],
                t => Cid.TryParse(t, out var cid)
                    ? Again(Cid.TryParse(cid.ToString(), out var again) && again.Equals(cid)) : null),
            Of("did", [key.PublicKey.ToDid()],
                t => Ed25519PublicKey.TryParse(t, out var k)
                    ? Again(Ed25519PublicKey.TryParse(k.ToDid(), out var again) && again == k) : null),
            Of("peer-id-text", [key.PublicKey.ToPeerId().ToString()],
                t => PeerId.TryParse(t, out var p)
                    ? Again(PeerId.TryParse(p.ToString(), out var again) && again == p) : null),
            Of("base58", ["2NEpo7TZRRrLZSi2U"],
                t => Base58.TryDecode(t, out var bytes) ? Again(Base58.Encode(bytes) == t) : null),
            Of("base32", ["mzxw6ytboi"],
                t => Base32.TryDecode(t, out var bytes)
                    ? Again(Base32.TryDecode(Base32.Encode(bytes), out var b) && b.AsSpan().SequenceEqual(bytes))
                    : null),
            Of("multibase", ["zUXE7GvtEk8XTXs1GF8HSGbVA9FCX9SEBPe", "bmzxw6ytboi"],
                t => Multibase.TryDecode(t, out var kind, out var bytes)
                    ? Again(Multibase.TryDecode(Multibase.Encode(kind, bytes), out _, out var b)
                        && b.AsSpan().SequenceEqual(bytes))
                    : null),
            Of("verifier-key", [verifier.ToString()],
                t => NoteVerifierKey.TryParse(t, out var k)
                    ? Again(NoteVerifierKey.TryParse(k.ToString(), out var again) && again == k) : null),
            Of("log-origin", ["omega/" + new string('a', 64) + "/7"],
                t => LogOrigin.TryParse(t, out var o) ? Again(o.ToString() == t) : null),
            Of("multiaddr-text", ["/ip4/10.0.0.1/tcp/5311", "/ip6/::1/tcp/1/p2p/" + key.PublicKey.ToPeerId()],
                t => Multiaddr.TryParse(t, out var a, out _)
                    ? Again(Multiaddr.TryParse(a.ToString(), out var again, out _) && again.Equals(a)) : null),
            Of("ticket", [OmegaSamples.Ticket(true).ToString(), OmegaSamples.Ticket(false).ToString()],
                t => Ticket.TryParse(t, out var ticket, out _)
                    ? Again(Ticket.TryParse(ticket.ToString(), out var b, out _) && b.ToString() == ticket.ToString())
                    : null),
            Of("age-recipient", [age.Recipient.ToString()],
                t => AgeRecipient.TryParse(t, out var r)
                    ? Again(AgeRecipient.TryParse(r.ToString(), out var again) && again.Equals(r)) : null),
            Of("age-identity", [Exported(age)],
                t =>
                {
                    if (!AgeIdentity.TryParse(Text.Latin1.GetBytes(t), out var identity))
                        return null;
                    using (identity)
                        return Again(Exported(identity) == t);
                }),
        ];
    }

    private static string Exported(AgeIdentity identity)
    {
        var text = new byte[AgeIdentity.TextLength];
        identity.Export(text);
        return Text.ASCII.GetString(text);
    }

    private static FuzzTarget Of(string name, string[] seeds, TextBody body) =>
        new(name, [.. seeds.Select(s => Text.UTF8.GetBytes(s))], i => body(Text.Latin1.GetString(i)) ?? "refused");

    private static string Again(bool isSame) =>
        isSame ? "ok" : throw new FuzzFinding("parsed, but not when written and parsed again");
}
