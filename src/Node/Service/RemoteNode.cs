using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Service;

/// <summary>The verbs of a daemon, over HTTP on its unix socket.</summary>
internal sealed partial class RemoteNode : INodeService
{
    private const int CopySize = 256 * 1024;

    private readonly HttpClient _http;

    private RemoteNode(string socketPath)
    {
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancel).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            },
            UseProxy = false,
            AllowAutoRedirect = false,
        })
        {
            BaseAddress = new Uri("http://omega"),
            // Fetching and verifying take what they take; the caller's cancellation ends them.
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Null where nobody listens: no socket, or one that a killed daemon left behind.</summary>
    public static RemoteNode? TryConnect(string socketPath)
    {
        if (!File.Exists(socketPath)) return null;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(socketPath));
            return new RemoteNode(socketPath);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    public PutAnswer Put(PutOrder order, Stream content, CancellationToken cancel)
    {
        var query = QueryOf("/artifacts", order);
        var body = new StreamContent(content, CopySize);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return One<PutAnswer>(HttpMethod.Post, query, body, cancel);
    }

    public IEnumerable<ArtifactAnswer> List(ListOrder order, CancellationToken cancel) =>
        Stream<ArtifactAnswer>(HttpMethod.Get, new Query("/artifacts").With("domain", order.Domain)
            .With("brane", order.Brane).With("kind", order.Kind).With("all", order.All ? "true" : null)
            .With("as_of", Text(order.AsOf)).With("limit", Text(order.Limit)), cancel);

    public GetAnswer Get(GetOrder order, Func<GetAnswer, Stream> target, CancellationToken cancel)
    {
        var query = new Query("/fetch").With("id", order.Id).With("domain", order.Domain)
            .With("as_of", Text(order.AsOf));
        var answer = One<GetAnswer>(HttpMethod.Post, query, null, cancel);
        var to = target(answer);
        if (to == System.IO.Stream.Null) return answer;
        using var response = Send(HttpMethod.Get, new Query($"/contents/{answer.Cid}"), null, cancel);
        using var body = response.Content.ReadAsStream(cancel);
        var buffer = GC.AllocateUninitializedArray<byte>(CopySize);
        for (int read; (read = body.Read(buffer)) > 0;)
        {
            cancel.ThrowIfCancellationRequested();
            to.Write(buffer.AsSpan(0, read));
        }

        to.Flush();
        return answer;
    }

    public EvictAnswer Evict(IReadOnlyList<string> ids, CancellationToken cancel)
    {
        var query = new Query("/evict");
        foreach (var id in ids) query.With("id", id);
        return One<EvictAnswer>(HttpMethod.Post, query, null, cancel);
    }

    public StatusAnswer Status(CancellationToken cancel) =>
        One<StatusAnswer>(HttpMethod.Get, new Query("/status"), null, cancel);

    public VerifyAnswer Verify(bool deep, CancellationToken cancel) =>
        One<VerifyAnswer>(HttpMethod.Post, new Query("/verify").With("deep", deep ? "true" : "false"), null, cancel);

    public InviteAnswer Invite(TimeSpan lifetime, string? petname, CancellationToken cancel) =>
        One<InviteAnswer>(HttpMethod.Post, new Query("/invitations")
            .With("seconds", ((long)lifetime.TotalSeconds).ToString()).With("name", petname), null, cancel);

    public JoinAnswer Join(string ticket, string? petname, CancellationToken cancel) =>
        One<JoinAnswer>(HttpMethod.Post, new Query("/peers").With("name", petname),
            new StringContent(ticket, Encoding.UTF8, "text/plain"), cancel);

    public IReadOnlyList<PeerAnswer> Peers(CancellationToken cancel) => Many<PeerAnswer>(new Query("/peers"), cancel);

    public IReadOnlyList<TransferAnswer> Transfers(CancellationToken cancel) =>
        Many<TransferAnswer>(new Query("/transfers"), cancel);

    public DoneAnswer RemovePeer(string peer, CancellationToken cancel) =>
        One<DoneAnswer>(HttpMethod.Delete, new Query("/peers").With("peer", peer), null, cancel);

    public EpochAnswer OpenEpoch(CancellationToken cancel) =>
        One<EpochAnswer>(HttpMethod.Post, new Query("/domain/epoch"), null, cancel);

    public IPackageSession BeginPackage(PutOrder order, CancellationToken cancel) => new RemotePackage(
        asked =>
        {
            using var response = Send(HttpMethod.Post, QueryOf("/packages/have", order), new ByteArrayContent(asked),
                cancel);
            using var reader = new StreamReader(response.Content.ReadAsStream(cancel), Encoding.ASCII);
            return [.. reader.ReadToEnd().TrimEnd().Select(c => c == '1')];
        },
        body => One<PutAnswer>(HttpMethod.Post, QueryOf("/packages", order), body, cancel));

    public void ReadContent(ContentId content, Stream target, CancellationToken cancel)
    {
        using var response = Send(HttpMethod.Get, new Query($"/contents/{content}"), null, cancel);
        using var body = response.Content.ReadAsStream(cancel);
        body.CopyTo(target, CopySize);
    }

    public void ExportCar(CarOrder order, Stream target, CancellationToken cancel)
    {
        var query = new Query("/cars").All("id", order.Ids).With("hash", order.Hash);
        using var response = Send(HttpMethod.Get, query, null, cancel);
        using var body = response.Content.ReadAsStream(cancel);
        body.CopyTo(target, CopySize);
    }

    public IReadOnlyList<SchemaAnswer> Schemas(CancellationToken cancel) =>
        Many<SchemaAnswer>(new Query("/schemas"), cancel);

    public SchemaAnswer AddSchema(string kind, string json, CancellationToken cancel) =>
        One<SchemaAnswer>(HttpMethod.Post, new Query("/schemas").With("kind", kind),
            new StringContent(json, Encoding.UTF8, "application/schema+json"), cancel);

    public DoneAnswer RemoveSchema(string kind, CancellationToken cancel) =>
        One<DoneAnswer>(HttpMethod.Delete, new Query("/schemas").With("kind", kind), null, cancel);

    public IReadOnlyList<TenantAnswer> Tenants(CancellationToken cancel) =>
        Many<TenantAnswer>(new Query("/tenants"), cancel);

    public TenantAnswer AddTenant(string name, IReadOnlyList<string> recipients, CancellationToken cancel) =>
        One<TenantAnswer>(HttpMethod.Post, new Query("/tenants").With("name", name).All("recipient", recipients), null,
            cancel);

    public TenantAnswer RemoveTenant(string name, IReadOnlyList<string> recipients, CancellationToken cancel) =>
        One<TenantAnswer>(HttpMethod.Delete, new Query("/tenants").With("name", name).All("recipient", recipients),
            null, cancel);

    public void Dispose() => _http.Dispose();

    private static Query QueryOf(string path, PutOrder order) =>
        new Query(path).With("kind", order.Kind).With("brane", order.Brane).With("audience", order.Audience)
            .With("tenant", order.Tenant).With("meta_json", order.MetaJson).With("digest", order.Digest)
            .All("meta", order.Meta);

    private T One<T>(HttpMethod method, Query query, HttpContent? body, CancellationToken cancel)
        where T : IAnswer<T>
    {
        using var response = Send(method, query, body, cancel);
        using var json = Json(response, cancel);
        return Read<T>(json.RootElement);
    }

    private List<T> Many<T>(Query query, CancellationToken cancel)
        where T : IAnswer<T> => [.. Stream<T>(HttpMethod.Get, query, cancel)];

    /// <summary>Answers as they come; the request ends with the enumeration.</summary>
    private IEnumerable<T> Stream<T>(HttpMethod method, Query query, CancellationToken cancel)
        where T : IAnswer<T>
    {
        using var response = Send(method, query, null, cancel);
        using var reader = new StreamReader(response.Content.ReadAsStream(cancel), Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            using var json = JsonDocument.Parse(line);
            yield return Read<T>(json.RootElement);
        }
    }

    private HttpResponseMessage Send(HttpMethod method, Query query, HttpContent? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, query.ToString()) { Content = body };
        HttpResponseMessage response;
        try
        {
            response = _http.Send(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        }
        catch (HttpRequestException e)
        {
            throw new OmegaException(ExitCode.Unreachable, "daemon_gone", $"the daemon does not answer: {e.Message}");
        }

        if (response.IsSuccessStatusCode) return response;
        using (response)
        {
            using var json = Json(response, cancel);
            throw ErrorReport.FromJson(json.RootElement)?.ToException() ??
                new OmegaException(ExitCode.Error, "daemon_failed", $"the daemon answered {(int)response.StatusCode}");
        }
    }

    private static JsonDocument Json(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            return JsonDocument.Parse(response.Content.ReadAsStream(cancel));
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            throw new OmegaException(ExitCode.Unreachable, "daemon_gone", $"the daemon broke off: {e.Message}");
        }
    }

    private static T Read<T>(JsonElement json)
        where T : IAnswer<T>
    {
        try
        {
            return T.Read(json);
        }
        catch (FormatException e)
        {
            throw new OmegaException(ExitCode.Error, "other_version", e.Message)
            {
                Hint = "restart the daemon: omega up",
            };
        }
    }

    /// <summary>A path with escaped parameters; those without a value are left out.</summary>
    private sealed class Query(string path)
    {
        private readonly StringBuilder _text = new(path);
        private char _separator = '?';

        public Query With(string name, string? value)
        {
            if (value is null) return this;
            _text.Append(_separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            _separator = '&';
            return this;
        }

        public Query All(string name, IEnumerable<string> values)
        {
            foreach (var value in values) With(name, value);
            return this;
        }

        public override string ToString() => _text.ToString();
    }
}
