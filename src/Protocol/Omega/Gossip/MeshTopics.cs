using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Omega.Gossip;

/// <summary>Names of the topics of one mesh; nothing crosses between meshes.</summary>
public static class MeshTopics
{
    /// <summary>Signed heads: a catalog answer of the case <c>head</c>, without openings and consistency.</summary>
    public static string Heads(MeshId mesh) => "/omega/heads/1/" + mesh;

    /// <summary>Contents published to everyone: <see cref="PublishedContents"/>. Those of other audiences are on no
    /// topic, as a mesh may have members that must not read them.</summary>
    public static string Public(MeshId mesh) => "/omega/public/1/" + mesh;
}
