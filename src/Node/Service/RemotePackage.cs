using System.Buffers.Binary;
using System.Net;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Service;

/// <summary>
/// A package sent to the daemon in one request (<see cref="PackageFrames"/>) while files are added. The daemon hashes
/// what arrives; a content that the manifest names and nobody brought is refused there.
/// </summary>
/// <param name="have">Asks which contents the daemon keeps.</param>
/// <param name="send">Sends a request body and waits for its answer.</param>
internal sealed class RemotePackage(
    Func<byte[], IReadOnlyList<bool>> have, Func<HttpContent, PutAnswer> send) : IPackageSession
{
    public const int KeepSize = Hash256.Size + 8;

    private readonly Lock _gate = new();
    private Body? _body;
    private Task<PutAnswer>? _sending;

    public IReadOnlyList<bool> Keep(IReadOnlyList<(ContentId Content, long Size)> files)
    {
        var asked = new byte[files.Count * KeepSize];
        for (var i = 0; i < files.Count; i++)
        {
            files[i].Content.Hash.CopyTo(asked.AsSpan(i * KeepSize));
            BinaryPrimitives.WriteInt64LittleEndian(asked.AsSpan((i * KeepSize) + Hash256.Size), files[i].Size);
        }

        return have(asked);
    }

    public ContentId Add(ReadOnlyMemory<byte> content)
    {
        var id = ContentId.Of(content.Span);
        if (content.Length > PackageFrames.LengthMax) return Add(new MemoryStream(content.ToArray(), writable: false));
        lock (_gate) Write(PackageFrames.LastPiece, content.Span);
        return id;
    }

    public ContentId Add(Stream content)
    {
        using var hasher = Blake3Hasher.Create();
        var buffer = GC.AllocateUninitializedArray<byte>(PackageFrames.LengthMax);
        lock (_gate)
        {
            for (int read; (read = content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0;)
            {
                hasher.Update(buffer.AsSpan(0, read));
                Write(PackageFrames.Piece, buffer.AsSpan(0, read));
            }

            Write(PackageFrames.LastPiece, []);
        }

        return ContentId.From(hasher.Finish());
    }

    public PutAnswer Complete(PackageManifest manifest, CancellationToken cancel)
    {
        lock (_gate)
        {
            var bytes = manifest.Encode();
            for (var at = 0; at < bytes.Length; at += PackageFrames.LengthMax)
            {
                Write(PackageFrames.Manifest,
                    bytes.AsSpan(at, Math.Min(PackageFrames.LengthMax, bytes.Length - at)));
            }

            _body!.End();
            return _sending!.GetAwaiter().GetResult();
        }
    }

    public void Dispose() => _body?.Break();

    private void Write(byte kind, ReadOnlySpan<byte> bytes)
    {
        if (_body is null)
        {
            var body = _body = new Body();
            _sending = Task.Factory.StartNew(() => send(body), CancellationToken.None,
                TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        try
        {
            Span<byte> head = stackalloc byte[PackageFrames.HeadSize];
            PackageFrames.WriteHead(head, kind, bytes.Length);
            var stream = _body.Open(_sending!);
            stream.Write(head);
            stream.Write(bytes);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            // The daemon ended the request: what it answered says why.
            _body.Break();
            _sending!.GetAwaiter().GetResult();
            throw new OmegaException(ExitCode.Unreachable, "daemon_gone", broken.Message);
        }
    }

    /// <summary>A request body that is written from outside while the request is sent.</summary>
    private sealed class Body : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Stream Open(Task sending)
        {
            if (Task.WaitAny(_opened.Task, sending) == 1) sending.GetAwaiter().GetResult();
            return _opened.Task.Result;
        }

        public void End() => _ended.TrySetResult(true);

        public void Break() => _ended.TrySetResult(false);

        protected override void SerializeToStream(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            _opened.TrySetResult(new BufferedStream(stream, 128 * 1024));
            if (!_ended.Task.GetAwaiter().GetResult()) throw new IOException("the package was given up");
            _opened.Task.Result.Flush();
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            Task.Run(() => SerializeToStream(stream, context, CancellationToken.None));

        protected override bool TryComputeLength(out long length)
        {
            length = -1;
            return false;
        }
    }
}
