using System.Globalization;
using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Federation.Following;

/// <summary>
/// The documents of a followed domain, written. Keys, with the domain's 64 hex digits for DOM:
/// </summary>
/// <remarks>
/// <code>
/// dom/DOM/dam/00000000            a signed manifest, by number from 0
/// dom/DOM/head                    { note, peaks, state, number, audiences: [ { name, index } ] }
/// dom/DOM/name                    the petname, UTF-8
/// dom/DOM/entry/INDEX/KEY         entry identity (32 bytes), then the entry's bytes; INDEX stands for the audience
/// dom/DOM/leaves/EPOCH/00000000   up to 1,024 commitments of 32 bytes, by page
/// evidence/DOM/EPOCH              { held, shown }: two notes that no honest owner signs both
/// </code>
/// </remarks>
internal static class FollowDocuments
{
    public const string Prefix = "dom/";
    public const int LeavesPerPage = 1024;

    public static string Folder(DomainId domain) => $"{Prefix}{domain.Hash}/";

    public static string HeadKey(DomainId domain) => Folder(domain) + "head";

    public static string NameKey(DomainId domain) => Folder(domain) + "name";

    public static string DamKey(DomainId domain, int number) => Folder(domain) + "dam/" + Digits(number);

    public static string EntryKey(DomainId domain, int audience, ArtifactKey key) =>
        Folder(domain) + "entry/" + audience.ToString(CultureInfo.InvariantCulture) + "/" + key.Hash;

    public static string LeavesKey(DomainId domain, long epoch, long page) =>
        Folder(domain) + "leaves/" + epoch.ToString(CultureInfo.InvariantCulture) + "/" + Digits(page);

    public static void PutManifests(Outbox outbox, DomainId domain, int from, Manifests manifests)
    {
        for (var i = from; i < manifests.Signed.Count; i++)
            outbox.Put(DamKey(domain, i), manifests.Signed[i]);
    }

    public static void PutPetname(Outbox outbox, DomainId domain, string? petname)
    {
        if (petname is null)
            outbox.Delete(NameKey(domain));
        else
            outbox.Put(NameKey(domain), System.Text.Encoding.UTF8.GetBytes(petname));
    }

    public static void PutEntry(Outbox outbox, string key, KeptEntry entry) =>
        outbox.Put(key, (byte[])[.. entry.Identity.AsSpan(), .. entry.Bytes.Span]);

    public static void PutHead(Outbox outbox, Follow follow)
    {
        var head = follow.Head!; // only called with a head
        var writer = new CborWriter();
        writer.WriteMapStart(5);
        writer.WriteKey("note");
        writer.WriteBytes(head.Note.Span);
        writer.WriteKey("peaks");
        writer.WriteArrayStart(follow.Log.Peaks.Count);
        foreach (var peak in follow.Log.Peaks)
            writer.WriteBytes(peak.AsSpan());
        writer.WriteKey("state");
        writer.WriteUInt((ulong)follow.State);
        writer.WriteKey("number");
        writer.WriteUInt((ulong)follow.SnapshotNumber);
        writer.WriteKey("audiences");
        writer.WriteArrayStart(follow.Audiences.Count);
        foreach (var set in follow.Audiences)
        {
            writer.WriteMapStart(2);
            writer.WriteKey("name");
            writer.WriteText(set.Name);
            writer.WriteKey("index");
            writer.WriteUInt((ulong)set.Index);
        }
        outbox.Put(HeadKey(follow.Domain), writer.ToArray());
    }

    /// <summary>
    /// Writes the pages that new commitments touch; the last one goes on in <see cref="Follow.Tail"/>.
    /// </summary>
    public static void PutLeaves(FollowServices services, Follow follow, VerifiedSync verified)
    {
        var page = verified.FirstLeaf == 0 ? [] : follow.Tail;
        var number = verified.FirstLeaf / LeavesPerPage;
        foreach (var commitment in verified.Commitments)
        {
            page.Add(commitment);
            if (page.Count < LeavesPerPage)
                continue;
            PutPage(services.Outbox, LeavesKey(follow.Domain, verified.Head!.Epoch, number++), page); // a head is new
            page = [];
        }
        if (page.Count > 0)
            PutPage(services.Outbox, LeavesKey(follow.Domain, verified.Head!.Epoch, number), page); // as above
        follow.Tail = page;
    }

    public static void PutEvidence(Outbox outbox, DomainId domain, SignedHead held, ReadOnlyMemory<byte> shown)
    {
        var writer = new CborWriter();
        writer.WriteMapStart(2);
        writer.WriteKey("held");
        writer.WriteBytes(held.Note.Span);
        writer.WriteKey("shown");
        writer.WriteBytes(shown.Span);
        outbox.Put(
            string.Create(CultureInfo.InvariantCulture, $"evidence/{domain.Hash}/{held.Epoch}"), writer.ToArray());
    }

    private static void PutPage(Outbox outbox, string key, List<Hash256> page)
    {
        var bytes = new byte[page.Count * 32];
        for (var i = 0; i < page.Count; i++)
            page[i].CopyTo(bytes.AsSpan(i * 32));
        outbox.Put(key, bytes);
    }

    private static string Digits(long number) => number.ToString("D8", CultureInfo.InvariantCulture);
}
