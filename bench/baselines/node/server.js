// A live poll server as most people would write it: Express, Socket.IO, pg.
const cluster = require("node:cluster");
const http = require("node:http");
const express = require("express");
const jwt = require("jsonwebtoken");
const { Pool } = require("pg");
const { Server } = require("socket.io");

const PORT = Number(process.env.PORT);
const WORKERS = Number(process.env.WORKERS || 1);
const JWT_SECRET = process.env.JWT_SECRET;

const pool = new Pool({ connectionString: process.env.DATABASE_URL });

class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function getPoll(id) {
  const polls = await pool.query(
    `SELECT polls.*, users.name AS creator_name
       FROM polls JOIN users ON users.id = polls.creator_id WHERE polls.id = $1`,
    [id],
  );
  if (polls.rows.length === 0) throw new HttpError(404, "Poll not found");
  return polls.rows[0];
}

async function countOptions(pollIds) {
  const options = await pool.query(
    `SELECT options.id, options.poll_id, options.text, COUNT(votes.id)::int AS votes
       FROM options LEFT JOIN votes ON votes.option_id = options.id
      WHERE options.poll_id = ANY($1)
      GROUP BY options.id ORDER BY options.position`,
    [pollIds],
  );
  return options.rows;
}

function present(poll, options) {
  const total = options.reduce((sum, option) => sum + option.votes, 0);
  return {
    id: poll.id,
    question: poll.question,
    isPublished: poll.is_published,
    createdAt: poll.created_at,
    creator: { id: poll.creator_id, name: poll.creator_name },
    totalVotes: total,
    options: options.map((option) => ({
      id: option.id,
      text: option.text,
      voteCount: option.votes,
      percentage: total ? Math.round((option.votes / total) * 1000) / 10 : 0,
    })),
  };
}

async function loadPoll(id) {
  return present(await getPoll(id), await countOptions([id]));
}

async function castVote(io, userId, pollId, optionId) {
  const poll = await getPoll(pollId);
  if (!poll.is_published) throw new HttpError(400, "Poll is not published");
  const options = await pool.query("SELECT * FROM options WHERE id = $1 AND poll_id = $2", [
    optionId,
    pollId,
  ]);
  if (options.rows.length === 0) throw new HttpError(400, "Invalid option");

  const earlier = await pool.query(
    `SELECT votes.* FROM votes JOIN options ON options.id = votes.option_id
      WHERE votes.user_id = $1 AND options.poll_id = $2`,
    [userId, pollId],
  );
  let vote;
  if (earlier.rows.length > 0) {
    if (earlier.rows[0].option_id === optionId) throw new HttpError(409, "You already voted");
    vote = await pool.query("UPDATE votes SET option_id = $1 WHERE id = $2 RETURNING *", [
      optionId,
      earlier.rows[0].id,
    ]);
  } else {
    vote = await pool.query("INSERT INTO votes (user_id, option_id) VALUES ($1, $2) RETURNING *", [
      userId,
      optionId,
    ]);
  }

  const updated = present(poll, await countOptions([pollId]));
  const text = options.rows[0].text;
  io.to(`poll-${pollId}`).emit("vote-update", {
    poll: updated,
    newVote: { optionId, optionText: text },
  });
  const { id, created_at: createdAt } = vote.rows[0];
  return { id, pollOptionId: optionId, optionText: text, pollQuestion: poll.question, createdAt };
}

async function postMessage(io, userId, roomId, body) {
  const rooms = await pool.query("SELECT id FROM rooms WHERE id = $1", [roomId]);
  if (rooms.rows.length === 0) throw new HttpError(404, "Room not found");
  const inserted = await pool.query(
    "INSERT INTO messages (room_id, user_id, body) VALUES ($1, $2, $3) RETURNING *",
    [roomId, userId, body],
  );
  const users = await pool.query("SELECT id, name FROM users WHERE id = $1", [userId]);
  const { id, created_at: createdAt } = inserted.rows[0];
  const message = { id, roomId, body, createdAt, author: users.rows[0] };
  io.to(`room-${roomId}`).emit("message", message);
  return message;
}

function authenticate(req, res, next) {
  const [scheme, token] = (req.headers.authorization || "").split(" ");
  if (scheme !== "Bearer") throw new HttpError(401, "Authentication required");
  try {
    req.user = jwt.verify(token, JWT_SECRET);
  } catch {
    throw new HttpError(401, "Invalid token");
  }
  next();
}

function addRoutes(app, io) {
  app.use(express.json());

  app.get("/health", (req, res) => res.json({ status: "OK" }));

  app.get("/api/polls", async (req, res) => {
    const page = Number(req.query.page) || 1;
    const limit = Number(req.query.limit) || 10;
    const polls = await pool.query(
      `SELECT polls.*, users.name AS creator_name
         FROM polls JOIN users ON users.id = polls.creator_id
        WHERE is_published ORDER BY polls.created_at DESC LIMIT $1 OFFSET $2`,
      [limit, (page - 1) * limit],
    );
    const count = await pool.query("SELECT COUNT(*)::int AS total FROM polls WHERE is_published");
    const options = await countOptions(polls.rows.map((poll) => poll.id));
    res.json({
      polls: polls.rows.map((poll) =>
        present(poll, options.filter((option) => option.poll_id === poll.id)),
      ),
      pagination: {
        page,
        limit,
        totalCount: count.rows[0].total,
        totalPages: Math.ceil(count.rows[0].total / limit),
      },
    });
  });

  app.get("/api/polls/:id", async (req, res) => {
    res.json({ poll: await loadPoll(req.params.id) });
  });

  app.get("/api/polls/:id/results", async (req, res) => {
    const { id, question, totalVotes, options } = await loadPoll(req.params.id);
    res.json({ poll: { id, question, totalVotes, options } });
  });

  app.post("/api/polls/:id/vote", authenticate, async (req, res) => {
    const vote = await castVote(io, req.user.sub, req.params.id, req.body.pollOptionId);
    res.status(201).json({ message: "Vote submitted successfully", vote });
  });

  app.use((error, req, res, next) => {
    const status = error.status || 500;
    if (status === 500) console.error(error);
    res.status(status).json({ error: error.message });
  });
}

function addEvents(io) {
  io.use((socket, next) => {
    const { token } = socket.handshake.auth;
    try {
      socket.user = token ? jwt.verify(token, JWT_SECRET) : null;
      next();
    } catch {
      next(new Error("Invalid token"));
    }
  });

  io.on("connection", (socket) => {
    socket.on("join-poll", async (pollId, reply) => {
      try {
        socket.join(`poll-${pollId}`);
        reply({ status: "ok", poll: await loadPoll(pollId) });
      } catch (error) {
        reply({ status: "error", message: error.message });
      }
    });

    socket.on("cast-vote", async ({ pollId, pollOptionId }, reply) => {
      try {
        if (!socket.user) throw new HttpError(401, "Authentication required");
        reply({ status: "ok", vote: await castVote(io, socket.user.sub, pollId, pollOptionId) });
      } catch (error) {
        reply({ status: "error", message: error.message });
      }
    });

    socket.on("join-room", ({ roomId }, reply) => {
      socket.join(`room-${roomId}`);
      reply({ status: "ok" });
    });

    socket.on("send-message", async ({ roomId, body }, reply) => {
      try {
        if (!socket.user) throw new HttpError(401, "Authentication required");
        reply({ status: "ok", message: await postMessage(io, socket.user.sub, roomId, body) });
      } catch (error) {
        reply({ status: "error", message: error.message });
      }
    });
  });
}

async function shareRooms(io) {
  const { createAdapter } = require("@socket.io/redis-adapter");
  const { createClient } = require("redis");
  const publisher = createClient({ url: process.env.REDIS_URL });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  io.adapter(createAdapter(publisher, subscriber));
}

async function serve() {
  const app = express();
  const server = http.createServer(app);
  // WebSockets only, so that no request has to find its way back to the process of the last.
  const io = new Server(server, { transports: ["websocket"], cors: { origin: "*" } });
  if (WORKERS > 1) await shareRooms(io);
  addRoutes(app, io);
  addEvents(io);
  server.listen(PORT, "127.0.0.1");
}

if (WORKERS > 1 && cluster.isPrimary) {
  for (let number = 0; number < WORKERS; number += 1) cluster.fork();
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.kill("SIGKILL");
    process.exit(0);
  });
} else {
  serve();
}
