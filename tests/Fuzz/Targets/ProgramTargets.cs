using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Config;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Text = System.Text.Encoding;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>What the program itself reads: its configuration, and what other programs of the user hand it.</summary>
internal static class ProgramTargets
{
    private const string Config =
        """
        # a comment
        data = "/var/lib/omega"
        [limits]
        upload_bytes_per_s = 1_000_000
        real = 1.5e3
        "quoted key".'literal' = [ true, false, # one
          true ]
        """;

    public static IEnumerable<FuzzTarget> All() =>
    [
        new("toml", [Text.UTF8.GetBytes(Config), "a=0x1f\nb='c'\n[t.u]\nv=-1\n"u8.ToArray()], Toml)
        {
            AllocationPerByte = 512,
        },
        new("package-body", [Body()], Package) { AllocationBase = 4L * PackageFrames.LengthMax },
    ];

    private static string Toml(ReadOnlySpan<byte> input) =>
        TomlReader.TryRead(Text.Latin1.GetString(input), out var values, out var error)
            ? $"ok {Math.Min(values.Count, 8)}"
            : FuzzRun.Refused(error.Message);

    private static byte[] Body()
    {
        var manifest = PackageManifest.Create([]).Encode();
        var head = new byte[PackageFrames.HeadSize];
        var body = new List<byte>();
        foreach (var (kind, bytes) in new[]
        {
            (PackageFrames.Piece, [1, 2, 3]), (PackageFrames.LastPiece, [4]), (PackageFrames.LastPiece, [5, 6]),
            (PackageFrames.Manifest, manifest),
        })
        {
            PackageFrames.WriteHead(head, kind, bytes.Length);
            body.AddRange(head);
            body.AddRange(bytes);
        }

        return [.. body];
    }

    private static string Package(ReadOnlySpan<byte> input)
    {
        var session = new Session();
        var outcome = "ok";
        try
        {
            PackageFrames.Read(new MemoryStream(input.ToArray()), session, CancellationToken.None);
        }
        catch (OmegaException refused)
        {
            outcome = FuzzRun.Refused(refused.Message);
        }

        return session.Bytes > input.Length
            ? throw new FuzzFinding($"{session.Bytes} bytes were added of {input.Length}")
            : $"{outcome} {Math.Min(session.Files, 3)}";
    }

    /// <summary>Counts what is added.</summary>
    private sealed class Session : IPackageSession
    {
        public int Files { get; private set; }

        public long Bytes { get; private set; }

        public IReadOnlyList<bool> Keep(IReadOnlyList<(ContentId Content, long Size)> files) => [];

        public ContentId Add(ReadOnlyMemory<byte> content)
        {
            (Files, Bytes) = (Files + 1, Bytes + content.Length);
            return default;
        }

        public ContentId Add(Stream content)
        {
            Files++;
            Span<byte> piece = stackalloc byte[64];
            for (int read; (read = content.Read(piece)) > 0;)
                Bytes += read;
            return default;
        }

        public PutAnswer Complete(PackageManifest manifest, CancellationToken cancel) =>
            throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
